import { Component } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { tracker } from "./tracker";

@Component({
  selector: "app-root",
  template: '<button type="button" id="export" (click)="use()">Export</button>',
})
class App {
  constructor() {
    tracker.sendFeatureEvent("opened");
  }

  use(): void {
    tracker.sendFeatureEvent("export");
  }
}

bootstrapApplication(App).then(() => {
  Object.assign(window, { tracker });
});
