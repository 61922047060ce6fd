//! Holding an answer back until a test says so.

use tokio::sync::watch;

/// Keeps its [`Gate`]s shut until released or dropped.
#[derive(Debug)]
pub struct Hold {
    open: watch::Sender<bool>,
}

/// What waits for a [`Hold`]; clones wait for the same one.
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
    /// Ends once the hold is released or gone.
    pub async fn passed(mut self) {
        // The error says that the hold is gone, which opens the gate too.
        let _ = self.open.wait_for(|open| *open).await;
    }
}
