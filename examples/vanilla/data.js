// The content of the console. It is made up, and the same at every load.

export const account = { id: "acme", name: "Acme Logistics", tier: "Enterprise" };

export const users = {
  ada: { id: "ada@acme.example", first: "Ada", last: "Lindqvist" },
  jonas: { id: "jonas@acme.example", first: "Jonas", last: "Meyer" },
};

const widget = (title, value, change, good, trend) => ({ title, value, change, good, trend });

export const products = {
  freight: {
    name: "Freight",
    dashboard: "Shipments on the road, this week",
    daily: ["Shipments a day", [236, 198, 251, 243, 92, 50, 214]],
    widgets: [
      widget("On-time deliveries", "96.4 %", "+1.2 pts", true, [91, 92, 90, 93, 94, 93, 95, 96]),
      widget("Open shipments", "1,284", "+38", true, [1190, 1214, 1240, 1225, 1238, 1260, 1246, 1284]),
      widget("Cost per km", "€ 1.12", "−3 ct", true, [121, 119, 120, 118, 116, 117, 114, 112]),
      widget("Open claims", "7", "+2", false, [4, 3, 5, 4, 4, 6, 5, 7]),
      widget("Empty running", "11.8 %", "−0.6 pts", true, [13, 12.6, 12.9, 12.4, 12.5, 12, 12.2, 11.8]),
      widget("Carrier rating", "4.6", "±0", true, [4.5, 4.6, 4.6, 4.5, 4.6, 4.7, 4.6, 4.6]),
    ],
    reports: [
      ["Lane profitability", "Ada Lindqvist", 412],
      ["Carrier scorecard", "Jonas Meyer", 58],
      ["Late deliveries by hub", "Jonas Meyer", 137],
      ["Fuel surcharge audit", "Ada Lindqvist", 924],
      ["Customs clearance times", "Ada Lindqvist", 203],
    ],
  },
  warehouse: {
    name: "Warehouse",
    dashboard: "Stock and picking, this week",
    daily: ["Orders picked a day", [1388, 1511, 1467, 1602, 840, 310, 1420]],
    widgets: [
      widget("Picks per hour", "212", "+9", true, [188, 194, 199, 197, 203, 201, 208, 212]),
      widget("Stock accuracy", "99.2 %", "+0.1 pts", true, [98.8, 98.9, 98.9, 99, 99.1, 99, 99.1, 99.2]),
      widget("Dock waiting", "14 min", "+3 min", false, [9, 10, 9, 11, 12, 11, 13, 14]),
      widget("Fill rate", "87 %", "+4 pts", true, [79, 80, 82, 83, 82, 85, 86, 87]),
      widget("Returns", "31", "−6", true, [44, 41, 42, 39, 40, 36, 37, 31]),
      widget("Backorders", "12", "−2", true, [19, 18, 16, 17, 15, 15, 14, 12]),
    ],
    reports: [
      ["Slow-moving stock", "Jonas Meyer", 1840],
      ["Cycle count variance", "Ada Lindqvist", 76],
      ["Pick path heat", "Jonas Meyer", 365],
      ["Inbound schedule", "Ada Lindqvist", 48],
    ],
  },
};
