// Makes Node look like a page that somebody looks at: time counts.

globalThis.document = { visibilityState: "visible", title: "", referrer: "", cookie: "" };
