//! Delays an answer until a test releases it.

use tokio::sync::watch;

/// Keeps its [`Gate`]s shut until it is released or dropped.
#[derive(Debug)]
pub struct Hold {
    open: watch::Sender<bool>,
}

/// Waits for a [`Hold`]; clones wait for the same one.
#[derive(Clone, Debug)]
pub struct Gate {
    open: watch::Receiver<bool>,
}

impl Hold {
    /// A hold and the gate it keeps shut.
    #[must_use]
    pub fn new() -> (Self, Gate) {
        let (sender, receiver) = watch::channel(false);
        (Self { open: sender }, Gate { open: receiver })
    }

    /// Opens the gate for good.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.open.send_replace(true);
    }
}

impl Gate {
    /// Completes once the hold is released or dropped.
    pub async fn passed(mut self) {
        // An error means that the hold was dropped, which opens the gate too.
        let _ = self.open.wait_for(|open| *open).await;
    }
}
