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
const WIPING = (end: string) => `Vehicle.Body.Windshield.${end}.Wiping`;

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
  highBeam: "Vehicle.DeepCabin.Light.HighBeamMode",
  fogFront: "Vehicle.Body.Lights.Fog.Front.IsOn",
  fogRear: "Vehicle.Body.Lights.Fog.Rear.IsOn",
  parkingLight: "Vehicle.Body.Lights.Parking.IsOn",
  hazard: "Vehicle.Body.Lights.Hazard.IsSignaling",
  turnLeft: "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling",
  turnRight: "Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling",

  trunk: "Vehicle.Body.Trunk.Rear.Position",
  frunk: "Vehicle.Body.Trunk.Front.IsOpen",
  chargeFlap: `${CHARGING}.ChargingPort.AnyPosition.IsFlapOpen`,
  charging: `${CHARGING}.IsCharging`,
  sunroof: "Vehicle.DeepCabin.Sunroof.TargetPosition",
  sunshade: "Vehicle.Cabin.Sunroof.Shade.Position",

  wiperFrontMode: `${WIPING("Front")}.Mode`,
  wiperFrontLevel: `${WIPING("Front")}.Intensity`,
  wiperRearMode: `${WIPING("Rear")}.Mode`,
  defrostFront: "Vehicle.Cabin.HVAC.IsFrontDefrosterActive",
  defrostRear: "Vehicle.Cabin.HVAC.IsRearDefrosterActive",
  airConditioning: "Vehicle.Cabin.HVAC.IsAirConditioningActive",
  recirculation: "Vehicle.DeepCabin.HVAC.RecirculationMode",
} as const;
export type CarSignal = keyof typeof CAR;

export const seatPath = {
  heating: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.HeatingCooling`,
  ventilation: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.Ventilation`,
  massage: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.IsMassageOn`,
  backrest: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.BackrestAngle`,
  position: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.Position`,
  folded: (seat: Seat) => `Vehicle.DeepCabin.Seat.${place(seat)}.IsFolded`,
  occupancy: (seat: Seat) => `Vehicle.Cabin.Seat.${place(seat)}.OccupancyStatus`,
  reading: (seat: Seat) => `Vehicle.DeepCabin.Light.Reading.${place(seat)}.Intensity`,
};

export const doorPath = {
  open: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.IsOpen`,
  angle: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.Position`,
  locked: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.IsLocked`,
  window: (door: DoorPlace) => `Vehicle.Cabin.Door.${place(door)}.Window.Position`,
};

export const ambientPath = {
  on: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.IsLightOn`,
  colour: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.Color`,
  brightness: (door: DoorPlace) => `Vehicle.Cabin.Light.AmbientLight.${place(door)}.Intensity`,
  mode: (door: DoorPlace) => `Vehicle.DeepCabin.Light.Ambient.${place(door)}.Mode`,
};

export const mirrorPath = {
  folded: (side: Side) => `Vehicle.Body.Mirrors.${VSS_SIDE[side]}.IsFolded`,
  heating: (side: Side) => `Vehicle.Body.Mirrors.${VSS_SIDE[side]}.IsHeatingOn`,
};

function station(zone: DoorPlace): string {
  const [row = "row1", side = "left"] = zone.split(".");
  return `${row.replace("row", "Row")}.${STATION[side]}`;
}

export const climatePath = {
  power: (zone: DoorPlace) => `Vehicle.DeepCabin.HVAC.${station(zone)}.IsOn`,
  temperature: (zone: DoorPlace) => `Vehicle.Cabin.HVAC.Station.${station(zone)}.Temperature`,
  fan: (zone: DoorPlace) => `Vehicle.Cabin.HVAC.Station.${station(zone)}.FanSpeed`,
  airflow: (zone: DoorPlace) => `Vehicle.DeepCabin.HVAC.${station(zone)}.AirflowMode`,
};

const OUTER_SEATS = SEATS.filter((seat) => !seat.endsWith("middle"));

// Which seats have the thing: the page asks for no signal that the car lacks.
export const SEATS_WITH: Record<keyof typeof seatPath, readonly Seat[]> = {
  heating: SEATS,
  ventilation: OUTER_SEATS,
  massage: OUTER_SEATS,
  backrest: SEATS,
  position: OUTER_SEATS,
  folded: SEATS.filter((seat) => seat !== "row1.left"),
  occupancy: SEATS,
  reading: OUTER_SEATS,
};

export const ALL_PATHS: readonly string[] = [
  ...Object.values(CAR),
  ...Object.entries(seatPath).flatMap(([name, path]) => SEATS_WITH[name as keyof typeof seatPath].map(path)),
  ...DOORS.flatMap((door) =>
    [...Object.values(doorPath), ...Object.values(ambientPath), ...Object.values(climatePath)].map((path) => path(door)),
  ),
  ...SIDES.flatMap((side) => Object.values(mirrorPath).map((path) => path(side))),
];
