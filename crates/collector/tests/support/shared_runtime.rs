//! The runtime of all stores on servers in this process. Connections are driven by the
//! runtime that created them, so it must outlive every test.

use std::sync::{OnceLock, mpsc};

use tokio::{runtime::Runtime, task::JoinHandle};

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    })
}

pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    runtime().spawn(work)
}

/// Waits for a future, even on a thread that runs another runtime.
pub fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (done, waiting) = mpsc::channel();
    spawn(async move {
        let _ = done.send(work.await);
    });
    waiting.recv().expect("what failed is printed above")
}
