// Makes Node look like a visible page, so that time counts.

globalThis.document = { visibilityState: "visible", title: "", referrer: "", cookie: "" };
