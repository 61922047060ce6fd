//! A proxy to a server. A test can cut it: connections are refused, or their bytes are
//! dropped, as by a firewall.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

/// What happens to connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They are passed on to the server.
    Open = 0,
    /// They are closed at once.
    Refused = 1,
    /// They stay open, and nothing arrives.
    Silent = 2,
}

/// A proxy to a server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: String,
    way: AtomicU8,
    connections: Mutex<Vec<TcpStream>>,
}

impl Shared {
    fn is(&self, way: Way) -> bool {
        self.way.load(Ordering::SeqCst) == way as u8
    }

    /// Closes all connections, because some have lost bytes.
    fn hang_up(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn accept(self: &Arc<Self>, client: TcpStream) -> std::io::Result<()> {
        if self.is(Way::Refused) {
            return Ok(());
        }
        let server = TcpStream::connect(&self.server)?;
        {
            let mut connections = self.connections.lock().unwrap();
            connections.extend([client.try_clone()?, server.try_clone()?]);
        }
        for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            from.set_nodelay(true)?;
            let shared = Arc::clone(self);
            thread::spawn(move || shared.carry(from, to));
        }
        Ok(())
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            if self.is(Way::Open) && to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}

impl Proxy {
    /// An open proxy to a server, given as host and port.
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            way: AtomicU8::new(Way::Open as u8),
            connections: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        // The thread ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let _ = accepting.accept(client);
            }
        });
        Proxy { address, shared }
    }

    /// An address of the server, changed to lead through this proxy.
    pub fn address(&self, of_server: &str) -> String {
        of_server.replace(&self.shared.server, &self.address.to_string())
    }

    /// Opens or cuts it. Existing connections continue only if none of their bytes were lost.
    pub fn set(&self, way: Way) {
        self.shared.way.store(way as u8, Ordering::SeqCst);
        if way != Way::Silent {
            self.shared.hang_up();
        }
    }
}
