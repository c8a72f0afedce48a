// What the displays inside the car show.

import { CAR, climatePath } from "../signals";
import type { SignalStore } from "../store";
import type { Screen } from "./cabin";

const FONT = '"Inter", "Noto Sans", system-ui, sans-serif';

export function gearOf(gear: number | null): string {
  if (gear === null) return "–";
  if (gear === 126) return "P";
  if (gear === 127 || gear > 0) return "D";
  return gear === 0 ? "N" : "R";
}

export function paintCluster(screen: Screen, store: SignalStore): boolean {
  const speed = Math.round(Math.abs(store.number(CAR.speed) ?? 0));
  const battery = Math.round(store.number(CAR.battery) ?? 0);
  const range = Math.round((store.number(CAR.range) ?? 0) / 1000);
  const gear = gearOf(store.number(CAR.gear));
  return screen.show(`${speed} ${battery} ${range} ${gear}`, (draw, width, height) => {
    const ramp = draw.createLinearGradient(0, 0, width, height);
    ramp.addColorStop(0, "#0b1626");
    ramp.addColorStop(1, "#070b12");
    draw.fillStyle = ramp;
    draw.fillRect(0, 0, width, height);
    draw.textAlign = "center";
    draw.fillStyle = "#f2f8ff";
    draw.font = `300 104px ${FONT}`;
    draw.fillText(String(speed), width / 2, 118);
    draw.font = `24px ${FONT}`;
    draw.fillStyle = "#8fa6c2";
    draw.fillText("km/h", width / 2, 156);
    draw.font = `600 34px ${FONT}`;
    ["P", "R", "N", "D"].forEach((letter, i) => {
      draw.fillStyle = letter === gear ? "#5cc8ff" : "#33445c";
      draw.fillText(letter, 60 + i * 34, 60);
    });
    draw.textAlign = "right";
    draw.fillStyle = "#dff0ff";
    draw.font = `36px ${FONT}`;
    draw.fillText(`${range} km`, width - 30, 66);
    draw.fillStyle = "#22303f";
    draw.fillRect(width - 170, 86, 140, 10);
    draw.fillStyle = battery < 20 ? "#ff6b6b" : "#4ade9b";
    draw.fillRect(width - 170, 86, 1.4 * battery, 10);
  });
}

export function paintCentre(screen: Screen, store: SignalStore): boolean {
  const left = store.number(climatePath.temperature("row1.left"));
  const right = store.number(climatePath.temperature("row1.right"));
  const outside = Math.round(store.number(CAR.outsideTemperature) ?? 0);
  const night = (store.number(CAR.daylight) ?? 60) < 25;
  return screen.show(`${left} ${right} ${outside} ${night}`, (draw, width, height) => {
    draw.fillStyle = night ? "#0b121d" : "#dfe7ee";
    draw.fillRect(0, 0, width, height);
    const [street, main, water, green] = night
      ? ["#1c2a3c", "#2b4260", "#0c2238", "#10231f"]
      : ["#ffffff", "#ffffff", "#b5d5ea", "#cfe3cf"];
    draw.fillStyle = green;
    draw.fillRect(430, -20, 260, 190);
    draw.fillStyle = water;
    draw.beginPath();
    draw.moveTo(0, 300);
    draw.bezierCurveTo(180, 220, 260, 400, 480, 330);
    draw.bezierCurveTo(620, 290, 700, 350, 768, 320);
    draw.lineTo(768, 380);
    draw.bezierCurveTo(640, 400, 560, 350, 470, 390);
    draw.bezierCurveTo(260, 460, 160, 290, 0, 360);
    draw.fill();
    draw.lineCap = "round";
    const road = (wide: number, colour: string, points: [number, number][]) => {
      draw.strokeStyle = colour;
      draw.lineWidth = wide;
      draw.lineJoin = "round";
      draw.beginPath();
      points.forEach(([x, y], i) => (i === 0 ? draw.moveTo(x, y) : draw.lineTo(x, y)));
      draw.stroke();
    };
    for (let i = -1; i < 9; i += 1) {
      road(6, street, [
        [i * 96, 0],
        [i * 96 + 130, 432],
      ]);
      road(6, street, [
        [0, i * 62 + 10],
        [768, i * 62 - 60],
      ]);
    }
    road(14, main, [
      [-10, 390],
      [768, 40],
    ]);
    road(14, main, [
      [300, -10],
      [430, 440],
    ]);
    road(13, "#2f9dff", [
      [382, 432],
      [357, 222],
      [560, 130],
      [610, -10],
    ]);
    draw.fillStyle = "#ffffff";
    draw.beginPath();
    draw.arc(372, 330, 17, 0, 7);
    draw.fill();
    draw.fillStyle = "#2f7dff";
    draw.beginPath();
    draw.arc(372, 330, 11, 0, 7);
    draw.fill();
    draw.fillStyle = night ? "rgba(8,13,20,0.92)" : "rgba(20,28,38,0.9)";
    draw.fillRect(0, height - 66, width, 66);
    draw.fillStyle = "#eaf3fc";
    draw.font = `500 34px ${FONT}`;
    draw.textAlign = "left";
    draw.fillText(left === null ? "–" : `${left}°`, 28, height - 21);
    draw.textAlign = "right";
    draw.fillText(right === null ? "–" : `${right}°`, width - 28, height - 21);
    draw.textAlign = "center";
    draw.fillStyle = "#8fa6c2";
    draw.font = `26px ${FONT}`;
    draw.fillText(`${outside}°C`, width / 2, height - 23);
  });
}
