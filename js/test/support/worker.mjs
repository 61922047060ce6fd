// Makes Node look like a worker of a page, because on a server a tracker is inert.

globalThis.WorkerGlobalScope = class {};
