// The page's own words in Chinese and English, and the people's names of zones, ops, words and capabilities.

import type { Call, CapabilityJson, When } from "./api";

export type Language = "zh" | "en";

const TEXTS = {
  "app.skip": ["跳到输入框", "Skip to the input box"],
  "stage.label": ["车辆俯视图", "The car from above"],
  "stage.pick": ["点座位，从那里说话", "Tap a seat to speak from it"],
  "stage.label3d": ["车辆", "The car"],
  "stage.drag": ["拖动旋转，点座位从那里说话", "Drag to turn it, tap a seat to speak from it"],
  "view.label": ["视角", "View"],
  "view.outside": ["外观", "Outside"],
  "view.cabin": ["座舱", "Cabin"],
  "view.seat": ["坐进去", "Sit inside"],
  "view.plan": ["俯视", "From above"],
  "view.trip": ["行程", "Trip"],
  "app.theme": ["浅色或深色", "Light or dark"],
  "theme.auto": ["外观：跟随系统", "Theme: as the system"],
  "theme.dark": ["外观：深色", "Theme: dark"],
  "theme.light": ["外观：浅色", "Theme: light"],
  "role.label": ["谁在看这块屏", "Who looks at this screen"],
  "role.bench": ["工作台", "Bench"],
  "role.driver": ["驾驶员屏", "Driver's display"],
  "role.passenger": ["副驾屏", "Passenger's screen"],
  "room.label": ["页面", "Rooms"],
  "room.cockpit": ["座舱", "Cockpit"],
  "glass.title": ["玻璃墙", "Glass wall"],
  "glass.way": ["这一轮", "The turn"],
  "glass.turn": ["哪一轮", "Which turn"],
  "glass.signals": ["信号", "Signals"],
  "glass.catalogue": ["目录", "Catalogue"],
  "glass.audit": ["审计", "Audit log"],
  "glass.models": ["大模型", "Models"],
  "glass.memory": ["记忆", "Memory"],
  "glass.search": ["搜索", "Search"],
  "glass.path": ["路径", "Path"],
  "glass.current": ["当前", "Current"],
  "glass.target": ["目标", "Target"],
  "glass.unit": ["单位", "Unit"],
  "glass.choose": ["点一个信号看它的曲线", "Choose a signal to see its course"],
  "glass.noHistory": ["还没有变化", "has not changed yet"],
  "glass.interfaces": ["个接口", "interfaces"],
  "glass.guard": ["守卫", "Guard"],
  "glass.written": ["写入", "written"],
  "glass.readBack": ["读回", "read back"],
  "glass.understoodBy": ["理解者", "Understood by"],
  "glass.kind": ["类型", "Kind"],
  "glass.noTurn": ["还没有对话。对车说句话，这里会显示它经过的每一步。", "No turn yet. Say something to the car, and every step of it appears here."],
  "glass.notYet": ["这个版本的车机还没有这项服务。", "This cockpit does not offer that yet."],
  "glass.noModels": [
    "没有配置大模型。设置 DEEPSEEK_API_KEY，或写一份 models.yaml（docs/models.md），这里就会显示端点、词元和花费。",
    "No large model is set up. With DEEPSEEK_API_KEY or a models.yaml (docs/models.md) its endpoints, tokens and costs stand here.",
  ],
  "glass.endpoints": ["端点", "Endpoints"],
  "glass.today": ["今天", "Today"],
  "glass.usage": ["用量（30 天）", "Usage in 30 days"],
  "glass.modelFaults": ["出错", "Faults"],
  "glass.desk": ["正在和大模型说话的", "Who talks to models now"],
  "column.time": ["时间", "time"],
  "column.utterance": ["说的话", "said"],
  "column.capability": ["能力", "capability"],
  "column.op": ["操作", "op"],
  "column.value": ["值", "value"],
  "column.decision": ["决定", "decision"],
  "column.rule": ["规则", "rule"],
  "column.sent": ["已发出", "sent"],
  "column.speaker": ["座位", "seat"],
  "column.origin": ["来源", "origin"],
  "column.motion": ["行驶状态", "motion"],
  "column.speed_kmh": ["车速 km/h", "km/h"],
  "column.interface": ["接口", "interface"],
  "column.session": ["会话", "session"],
  "column.turn": ["轮次", "turn"],
  "column.seq": ["序号", "no."],
  "column.prev": ["前一条的散列", "hash before"],
  "column.hash": ["散列", "hash"],
  "column.day": ["日期", "day"],
  "column.endpoint": ["端点", "endpoint"],
  "column.name": ["名称", "name"],
  "column.model": ["模型", "model"],
  "column.task": ["任务", "task"],
  "column.answers": ["回答", "answers"],
  "column.tries": ["尝试", "tries"],
  "column.hedges": ["抢答", "hedges"],
  "column.faults": ["出错", "faults"],
  "column.kind": ["类型", "kind"],
  "column.count": ["次数", "count"],
  "column.input_tokens": ["输入词元", "tokens in"],
  "column.cached_tokens": ["缓存词元", "cached"],
  "column.output_tokens": ["输出词元", "tokens out"],
  "column.reasoning_tokens": ["思考词元", "thought"],
  "column.cost": ["花费", "cost"],
  "glass.modelEvents": ["最近的请求", "Last requests"],
  "glass.noMemory": [
    "车机没有记住任何事。说「记住车停在 B2 层」，它就会出现在这里，也能在这里删掉。",
    "Nothing is remembered. Say “remember that the car is parked on level B2” and it stands here, to be deleted here too.",
  ],
  "glass.faults": ["注入的故障：", "Faults put in by hand:"],
  "glass.nothing": ["这里还没有内容。", "Nothing here yet."],
  "glass.noProposals": [
    "车还没有主动建议过什么。开着车窗让场景变成雨夜，就会有一条。",
    "The car has suggested nothing yet. Open a window and let it rain, and it will.",
  ],
  "glass.forget": ["忘掉", "Forget"],
  "proposal.label": ["主动建议", "Proposals"],
  "proposal.open": ["等待回答", "open"],
  "trip.title": ["行程", "Trip"],
  "trip.arrival": ["到达", "arrive"],
  "trip.charge": ["充电", "charge"],
  "place.charger": ["充电站", "Charger"],
  "place.charging_station": ["充电站", "Charger"],
  "place.restaurant": ["餐厅", "Restaurant"],
  "place.cafe": ["咖啡", "Café"],
  "place.parking": ["停车场", "Parking"],
  "place.destination": ["目的地", "Destination"],
  "desk.title": ["场景台", "Scenario desk"],
  "desk.occupants": ["谁坐在车里", "Who is in the car"],
  "desk.faults": ["故障", "Faults"],
  "desk.cut5": ["断线 5 秒", "Cut the line for 5 s"],
  "desk.cut20": ["断线 20 秒", "Cut the line for 20 s"],
  "desk.faultsNote": ["断开本页与车机的事件线路；恢复后补上期间发生的事。", "Cuts this page's line to the car; what happened meanwhile is told afterwards."],
  "desk.recorder": ["录制与回放", "Record and replay"],
  "desk.record": ["录制", "Record"],
  "desk.stop": ["停止", "Stop"],
  "desk.play": ["回放", "Replay"],
  "desk.pace": ["速度", "Pace"],
  "desk.save": ["存为文件", "Save as a file"],
  "desk.load": ["读取文件", "Read a file"],
  "desk.steps": ["录下的步骤", "Recorded steps"],
  "desk.empty": ["还没有录制。说的话、传感器和场景会连同时间一起记下。", "Nothing recorded yet. What is said, sensors and scenarios are kept with their times."],
  "desk.count": ["步", "steps"],
  "desk.badFile": ["这个文件不能用：", "This file cannot be used:"],
  "service.playing": ["正在播放", "playing"],
  "service.paused": ["已暂停", "paused"],
  "service.rain": ["降雨", "Rain"],
  "service.health": ["车辆体检", "Health of the car"],
  "service.well": ["正常", "well"],
  "service.ill": ["需要留意", "needs attention"],
  "service.page": ["页码", "page"],
  "service.booking": ["到店预约", "Workshop booking"],
  "service.booked": ["已预约", "booked"],
  "service.offered": ["待确认", "waiting for your yes"],
  "service.claim": ["理赔材料", "Claim file"],
  "desk.model_down": ["大模型断开", "Large models down"],
  "desk.model_slow": ["大模型变慢（4 秒）", "Large models slow (4 s)"],
  "desk.signals_stale": ["车速和挡位信号过期", "Speed and gear grow stale"],
  "desk.carFaultsNote": ["注入到模拟的车里；后果见玻璃墙。", "Put into the simulated car; the glass wall shows what follows."],
  "voice.talk": ["按下说话", "Press to talk"],
  "voice.denied": ["麦克风没有权限", "The microphone is not allowed"],
  "voice.unheard": ["没有听到话，再按一次", "Nothing was heard; press again"],
  "voice.aloud": ["朗读回答", "Read answers aloud"],
  "talk.free": ["免费", "free"],
  "talk.tokens": ["词元", "tokens"],
  "talk.firstToken": ["首词", "first token"],
  "talk.tries": ["次尝试", "tries"],
  "talk.thought": ["模型的思考", "What the model thought"],
  "talk.thinkingNow": ["正在思考……", "Thinking…"],
  "talk.undo": ["撤销", "Undo"],
  "talk.inspect": ["看过程", "Inspect"],
  "talk.title": ["对话", "Conversation"],
  "talk.empty": ["对车说点什么吧。试试这些：", "Say something to the car. Try one of these:"],
  "talk.placeholder": ["对车说……", "Tell the car…"],
  "talk.send": ["发送", "Send"],
  "talk.speaker": ["说话座位", "Speaking from"],
  "talk.thinking": ["正在理解", "Understanding"],
  "talk.yes": ["是", "Yes"],
  "talk.no": ["否", "No"],
  "talk.touch": ["请在屏幕上确认", "Confirm by touch"],
  "talk.expired": ["已过期，没有执行", "Expired, nothing was done"],
  "talk.confirmed": ["已确认", "Confirmed"],
  "talk.declined": ["已取消", "Declined"],
  "talk.reasoning": ["怎么理解的", "How it was understood"],
  "talk.retry": ["再试一次", "Try again"],
  "talk.confidence": ["把握", "confidence"],
  "talk.total": ["合计", "total"],
  "talk.suggestions": ["可以这样说", "Things to say"],
  "lab.title": ["驾驶场景", "Driving scenario"],
  "lab.sensors": ["模拟传感器", "Simulated sensors"],
  "lab.speed": ["车速", "Speed"],
  "lab.outside": ["车外温度", "Outside"],
  "lab.rain": ["雨量", "Rain"],
  "lab.dark": ["昏暗", "Darkness"],
  "lab.passenger": ["副驾有人", "Passenger seated"],
  "lab.rear": ["后排有人", "Rear seated"],
  "lab.signals": ["信号变化", "Changed signals"],
  "lab.quiet": ["还没有变化", "Nothing has changed yet"],
  "car.battery": ["电量", "Battery"],
  "car.range": ["续航", "Range"],
  "car.outside": ["车外", "Outside"],
  "car.inside": ["车内", "Inside"],
  "car.charging": ["充电中", "Charging"],
  "car.locked": ["已上锁", "Locked"],
  "car.lowBeam": ["近光灯", "Low beam"],
  "car.highBeam": ["远光灯", "High beam"],
  "car.fogFront": ["前雾灯", "Front fog light"],
  "car.fogRear": ["后雾灯", "Rear fog light"],
  "car.hazard": ["双闪", "Hazard lights"],
  "car.wiper": ["雨刮", "Wipers"],
  "car.defrostFront": ["前除雾", "Front defroster"],
  "car.defrostRear": ["后除雾", "Rear defroster"],
  "car.recirculation": ["内循环", "Recirculation"],
  "car.airConditioning": ["制冷", "A/C"],
  "car.rain": ["下雨", "Rain"],
  "car.night": ["夜间", "Night"],
  "car.window": ["车窗", "Window"],
  "climate.row1.left": ["主驾", "Driver"],
  "climate.row1.right": ["副驾", "Passenger"],
  "climate.row2.left": ["后左", "Rear left"],
  "climate.row2.right": ["后右", "Rear right"],
  "climate.off": ["关", "Off"],
  "climate.fan": ["风量", "Fan"],
  "line.connecting": ["正在连接", "Connecting"],
  "line.online": ["已连接", "Connected"],
  "line.offline": ["连接断开，正在重连", "Connection lost, reconnecting"],
  "line.restored": ["已重新连接", "Connected again"],
  "scenario.city": ["城市", "City"],
  "scenario.highway": ["高速", "Highway"],
  "scenario.parked": ["驻车", "Parked"],
  "scenario.parked_in_sun": ["暴晒驻车", "In the sun"],
  "scenario.night_rain": ["雨夜", "Rainy night"],
  "outcome.done": ["已执行", "Done"],
  "outcome.scheduled": ["已安排", "Scheduled"],
  "outcome.confirm": ["待确认", "Needs a yes"],
  "outcome.denied": ["已拒绝", "Refused"],
  "outcome.failed": ["未成功", "Failed"],
  "outcome.pending": ["执行中", "Running"],
  "route.phrasebook": ["短语书", "phrasebook"],
  "route.student": ["端侧模型", "student"],
  "route.none": ["未识别", "not recognised"],
  "stage.normalise": ["规整", "normalise"],
  "stage.phrasebook": ["短语书", "phrasebook"],
  "stage.student": ["端侧模型", "student"],
  "stage.endpoint": ["大模型", "endpoint"],
  "stage.guard": ["安全守卫", "guard"],
  "stage.vehicle": ["车辆", "vehicle"],
  "escalation.answer": ["知识问答", "A question of knowledge"],
  "escalation.chat": ["闲聊", "Small talk"],
  "escalation.create": ["创作", "Something to create"],
  "escalation.clarify": ["需要澄清", "Asking back"],
  "escalation.plan": ["需要规划", "Needs a plan"],
  "escalation.refuse": ["不能这样做", "Not something to do"],
  "escalation.cancel": ["取消", "Cancelled"],
  "error.unreachable": ["连不上车机服务，请稍后再试。", "The cockpit service cannot be reached. Please try again in a moment."],
  "error.deadline_exceeded": ["这次等得太久了，请再试一次。", "That took too long. Please try again."],
  "error.invalid_argument": ["这句话车机没法处理。", "The cockpit cannot take this."],
  "error.permission_denied": ["这里不允许这样做。", "This is not allowed here."],
  "error.unauthenticated": ["需要访问令牌：请从车机给出的链接打开本页。", "An access token is needed: open this page by the link the cockpit printed."],
  "error.resource_exhausted": ["请求太多了，稍等一下。", "Too many requests, one moment please."],
  "error.out_of_range": ["这个数值超出了范围。", "That value is out of range."],
  "error.not_found": ["没有找到。", "Not found."],
  "error.other": ["出了点问题，请再试一次。", "Something went wrong. Please try again."],
} as const satisfies Record<string, readonly [string, string]>;

export type TextKey = keyof typeof TEXTS;

const ZONES: Record<string, readonly [string, string]> = {
  "row1.left": ["主驾", "driver"],
  "row1.right": ["副驾", "passenger"],
  "row2.left": ["后排左", "rear left"],
  "row2.middle": ["后排中", "rear middle"],
  "row2.right": ["后排右", "rear right"],
  "row3.left": ["三排左", "third row left"],
  "row3.right": ["三排右", "third row right"],
  front: ["前排", "front"],
  rear: ["后排", "rear"],
  left: ["左侧", "left"],
  right: ["右侧", "right"],
  all: ["全车", "everywhere"],
};

const OPS: Record<string, readonly [string, string]> = {
  set: ["设为", "set to"],
  on: ["打开", "on"],
  off: ["关闭", "off"],
  open: ["打开", "open"],
  close: ["关上", "close"],
  increase: ["调高", "up"],
  decrease: ["调低", "down"],
  toggle: ["切换", "toggle"],
  play: ["播放", "play"],
  pause: ["暂停", "pause"],
  next: ["下一个", "next"],
  prev: ["上一个", "previous"],
  start: ["开始", "start"],
  stop: ["停止", "stop"],
  call: ["拨打", "call"],
  send: ["发送", "send"],
  search: ["搜索", "search"],
  query: ["查询", "ask"],
  cancel: ["取消", "cancel"],
};

const WORDS: Record<string, readonly [string, string]> = {
  max: ["最大", "maximum"],
  min: ["最小", "minimum"],
  mid: ["中等", "medium"],
};

export const SUGGESTIONS: Record<Language, readonly string[]> = {
  zh: [
    "我有点冷，副驾座椅加热开到二档，再把后面的窗关上",
    "氛围灯换成紫色",
    "外面下雨了，看不清",
    "打开后备箱",
    "十分钟后关掉空调",
    "现在车里几度？",
  ],
  en: [
    "I'm cold, set the passenger seat heating to level 2 and close the rear windows",
    "Make the ambient light purple",
    "Open the sunroof halfway",
    "Open the trunk",
    "Turn the AC off in ten minutes",
    "How warm is it in here?",
  ],
};

function choose(pair: readonly [string, string]): string {
  return language === "zh" ? pair[0] : pair[1];
}

function initialLanguage(): Language {
  const stored = localStorage.getItem("deepcabin.language");
  if (stored === "zh" || stored === "en") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let language: Language = initialLanguage();
let capabilities = new Map<string, CapabilityJson>();

export function currentLanguage(): Language {
  return language;
}

export function setLanguage(next: Language): void {
  language = next;
  localStorage.setItem("deepcabin.language", next);
}

export function setCapabilities(list: readonly CapabilityJson[]): void {
  capabilities = new Map(list.map((entry) => [entry.capability ?? entry.name ?? "", entry]));
}

export function t(key: TextKey): string {
  return choose(TEXTS[key]);
}

// For keys made of a prefix and an outside word; the word itself when the page has no name for it.
export function tWord(prefix: string, word: string): string {
  const key = `${prefix}.${word}`;
  return key in TEXTS ? t(key as TextKey) : word;
}

export function errorText(code: string): string {
  return `error.${code}` in TEXTS ? t(`error.${code}` as TextKey) : t("error.other");
}

export function zoneName(zone: string | undefined): string {
  if (!zone) return "";
  const pair = ZONES[zone];
  return pair ? choose(pair) : zone;
}

export function capabilityName(name: string): string {
  return capabilities.get(name)?.names?.[language]?.[0] ?? name;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function valueText(call: Call): string {
  const { value, unit } = call;
  if (value === undefined || value === null) return call.text ?? "";
  if (typeof value === "string") {
    const named = capabilities.get(call.capability)?.value?.words?.[value]?.[language]?.[0];
    return named ?? (WORDS[value] ? choose(WORDS[value]) : value);
  }
  const digits = typeof value === "number" ? number(value) : String(value);
  if (unit === "level") return language === "zh" ? `${digits} 档` : `level ${digits}`;
  if (unit === "percent") return `${digits} %`;
  if (unit === "C") return `${digits} °C`;
  if (unit === "F") return `${digits} °F`;
  return unit ? `${digits} ${unit}` : digits;
}

export function actionText(call: Call): string {
  const op = OPS[call.op];
  return [op ? choose(op) : call.op, valueText(call), call.to ? `→ ${call.to}` : ""].filter(Boolean).join(" ");
}

export function whenText(when: When | undefined): string {
  if (!when) return "";
  const seconds = when.seconds ?? 0;
  const span =
    seconds >= 60
      ? language === "zh" ? `${number(seconds / 60)} 分钟` : `${number(seconds / 60)} min`
      : language === "zh" ? `${number(seconds)} 秒` : `${number(seconds)} s`;
  switch (when.kind) {
    case "after":
      return language === "zh" ? `${span}后` : `in ${span}`;
    case "before_arrival":
      return language === "zh" ? `到达前 ${span}` : `${span} before arrival`;
    case "at":
      return [when.repeat, when.day, when.time].filter(Boolean).join(" ");
    default:
      return when.condition?.text ?? when.kind;
  }
}
