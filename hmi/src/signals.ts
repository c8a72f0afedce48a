// Every VSS path the page looks at, in one place. A test compares ALL_PATHS with catalogue/*.yaml, so a renamed signal fails the build
// instead of freezing a part of the picture.

export type Side = "left" | "right";
export type Seat = "row1.left" | "row1.right" | "row2.left" | "row2.middle" | "row2.right" | "row3.left" | "row3.right";
export type DoorPlace = "row1.left" | "row1.right" | "row2.left" | "row2.right";

export const SEATS: readonly Seat[] = ["row1.left", "row1.right", "row2.left", "row2.middle", "row2.right", "row3.left", "row3.right"];
export const DOORS: readonly DoorPlace[] = ["row1.left", "row1.right", "row2.left", "row2.right"];
export const SIDES: readonly Side[] = ["left", "right"];

const VSS_SIDE: Record<string, string> = { left: "DriverSide", middle: "Middle", right: "PassengerSide" };
const STATION: Record<string, string> = { left: "Driver", right: "Passenger" };

function place(zone: string): string {
  const [row = "row1", side = "left"] = zone.split(".");
  return `${row.replace("row", "Row")}.${VSS_SIDE[side]}`;
}

const CHARGING = "Vehicle.Powertrain.TractionBattery.Charging";

export const CAR = {
  speed: "Vehicle.Speed",
  gear: "Vehicle.Powertrain.Transmission.SelectedGear",
  battery: "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed",
  range: "Vehicle.Powertrain.TractionBattery.Range",
  outsideTemperature: "Vehicle.Exterior.AirTemperature",
  insideTemperature: "Vehicle.Cabin.HVAC.AmbientAirTemperature",
  daylight: "Vehicle.Exterior.LightIntensity",
  rain: "Vehicle.Body.Raindetection.Intensity",

  lowBeam: "Vehicle.Body.Lights.Beam.Low.IsOn",
  highBeam: "Vehicle.Body.Lights.Beam.High.IsOn",
  fogFront: "Vehicle.Body.Lights.Fog.Front.IsOn",
  fogRear: "Vehicle.Body.Lights.Fog.Rear.IsOn",
  parkingLight: "Vehicle.Body.Lights.Parking.IsOn",
  hazard: "Vehicle.Body.Lights.Hazard.IsSignaling",
  turnLeft: "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling",
  turnRight: "Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling",

  trunk: "Vehicle.Body.Trunk.Rear.Position",
  frunk: "Vehicle.Body.Trunk.Front.IsOpen",
  chargeFlap: "Vehicle.DeepCabin.ChargePort.IsOpen",
  charging: `${CHARGING}.IsCharging`,
  sunroof: "Vehicle.Cabin.Sunroof.Position",
  sunshade: "Vehicle.Cabin.Sunroof.Shade.Position",

  wiperFront: "Vehicle.Body.Windshield.Front.Wiping.Mode",
  wiperRear: "Vehicle.Body.Windshield.Rear.Wiping.Mode",
  defrostFront: "Vehicle.Cabin.HVAC.IsFrontDefrosterActive",
  defrostRear: "Vehicle.Cabin.HVAC.IsRearDefrosterActive",
  airConditioning: "Vehicle.Cabin.HVAC.IsAirConditioningActive",
  recirculation: "Vehicle.Cabin.HVAC.IsRecirculationActive",
} as const;
export type CarSignal = keyof typeof CAR;

export const seatPath = {
  heating: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.HeatingCooling`,
  ventilation: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.Ventilation`,
  massage: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.IsMassageOn`,
  recline: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.Backrest.Recline`,
  position: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.Position`,
  occupancy: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.OccupancyStatus`,
  reading: (seat: Seat) => `Vehicle.Cabin.Light.Spotlight.${place(seat)}.IsLightOn`,
};

export const doorPath = {
  open: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.Position`,
  locked: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.IsLocked`,
  window: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.Window.Position`,
};

export const ambientPath = {
  on: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.IsLightOn`,
  colour: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.Color`,
  brightness: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.Intensity`,
};

export const mirrorPath = {
  folded: (side: Side) => `Vehicle.Body.Mirrors.${VSS_SIDE[side]}.IsFolded`,
  heating: (side: Side) => `Vehicle.Body.Mirrors.${VSS_SIDE[side]}.IsHeatingOn`,
};

function station(zone: DoorPlace): string {
  const [row = "row1", side = "left"] = zone.split(".");
  return `Vehicle.Cabin.HVAC.Station.${row.replace("row", "Row")}.${STATION[side]}`;
}

export const climatePath = {
  temperature: (zone: DoorPlace) => `${station(zone)}.Temperature`,
  fan: (zone: DoorPlace) => `${station(zone)}.FanSpeed`,
  airflow: (zone: DoorPlace) => `${station(zone)}.AirDistribution`,
};

// Seats without the thing are left out, so that the page asks for no signal that the car lacks.
export const SEATS_WITH = {
  heating: SEATS,
  ventilation: SEATS,
  massage: SEATS,
  recline: SEATS,
  position: SEATS,
  occupancy: SEATS,
  reading: SEATS,
} satisfies Record<keyof typeof seatPath, readonly Seat[]>;

export const ALL_PATHS: readonly string[] = [
  ...Object.values(CAR),
  ...Object.entries(seatPath).flatMap(([name, path]) => SEATS_WITH[name as keyof typeof seatPath].map(path)),
  ...DOORS.flatMap((door) =>
    [...Object.values(doorPath), ...Object.values(ambientPath), ...Object.values(climatePath)].map((path) => path(door)),
  ),
  ...SIDES.flatMap((side) => Object.values(mirrorPath).map((path) => path(side))),
];
