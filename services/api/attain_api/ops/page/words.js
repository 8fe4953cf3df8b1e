// What the page says, in English and Chinese, and how it writes numbers, times and spans.

export const language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh-CN" : "en";

const en = {
  title: "Attain operations",
  skip: "Skip to the figures",
  signIn: "Sign in",
  signInWhy: "Figures are for accounts with the role ops. The state above is public.",
  signOut: "Sign out",
  email: "E-mail",
  password: "Password",
  company: "Company",
  chooseCompany: "This account belongs to several companies: choose one, and sign in again.",
  noRole: "This account does not have the role ops, so it may not see operations. Sign in with one that has it.",
  ended: "The session has ended. Sign in again.",
  failed: "Signing in did not work.",
  cannotSignIn: "The API does not answer, so nobody can sign in. Try again in a moment.",
  states: { ok: "OK", degraded: "Degraded", unavailable: "Unavailable", unknown: "Asking…" },
  why: {
    ok: "All dependencies answer, and nothing has waited too long.",
    degraded: "It serves, and something needs you.",
    unavailable: "Requests are being refused or not answered.",
    unknown: "No answer yet.",
    public: "As the API itself says; sign in for the figures.",
    notices: "It serves. See what needs a look below.",
  },
  dependencyStates: { ok: "ok", away: "away", behind: "behind", unknown: "not asked" },
  dependencies: "Dependencies",
  findings: "What is wrong",
  runbook: "Runbook",
  severity: { critical: "Critical", warning: "Warning" },
  figures: "Now",
  charts: "The last hour",
  asOf: (time) => `as of ${time}`,
  footer: (version, revision, uptime) => `Version ${version} (${revision}), up for ${uptime}`,
  banner: {
    unreachable: "The API cannot be reached.",
    database: "The database (PostgreSQL) is away.",
    schema: "The database's schema is older than this build needs.",
    draining: "This API process is ending.",
    other: "The API does not give figures.",
    queue: "The queue (Redis) is away, too.",
    kept: (time) => `The figures are those of ${time}. Asking again by itself.`,
    none: "Asking again by itself.",
  },
  database: "Database",
  schema: "Schema",
  queue: "Queue",
  worker: "Worker",
  inboxLive: "Inbox, live",
  inboxBackfill: "Inbox, backfill",
  inboxOldest: "Oldest batch waits",
  failedBatches: "Batches failed",
  marks: "Goals to compute",
  marksOldest: "Oldest goal waits",
  checks: "Checks to make",
  lag: "Push to fact",
  silent: "Silent connectors",
  connections: "Connections",
  size: "Database size",
  transaction: "Oldest transaction",
  standbys: "Standbys (sync)",
  workers: "Workers",
  workersOfTheDay: "Workers of the last day, and what each has done since it started",
  workersAlive: "Workers alive",
  columns: ["Host", "State", "Last beat", "Version", "Memory", "Batches", "Rows", "Goals", "Failures"],
  alive: "alive",
  gone: "gone",
  ago: (span) => `${span} ago`,
  now: "now",
  min: "min",
  max: "max",
  series: "Series",
  chartTitles: {
    requests: "Requests per second",
    inbox: "Batches in the inbox",
    oldest: "Oldest batch waits, seconds",
    rows: "Rows taken in per second",
    lag: "Push to fact, seconds",
    marks: "Goals to compute",
    workers: "Workers alive",
    connections: "Database connections",
  },
  seriesNames: {
    requests: "all",
    failed: "failed (5xx)",
    slow: "slower than 1 s",
    live: "live",
    backfill: "backfill",
    oldest: "wait",
    rows: "rows",
    lag: "lag",
    marks: "goals",
    checks: "checks",
    workers: "workers",
    connections: "connections",
  },
  noSamples: "No sample yet: one is taken every 15 seconds.",
  finding: {
    unreachable: "The API cannot be reached from this browser",
    database: "The database is away",
    schema: "The database's schema is older than this build needs",
    draining: "This API process is ending and takes no new work",
    queue: "The queue is away: workers look every two seconds instead",
    noWorker: "No worker is alive: pushes are stored, and none is taken in",
    workerDown: (host, span) => `Worker ${host} was last seen ${span} ago`,
    inboxStuck: (span) => `The oldest batch has waited ${span}, and none is taken in`,
    inboxSlow: (span) => `The oldest batch has waited ${span}: more comes in than is worked off`,
    inboxFilling: (count) => `${count} batches wait in the inbox`,
    batchesFailed: (count) => `${count} ${count === "1" ? "batch has" : "batches have"} failed and been put aside`,
    marksStuck: (span) => `A goal has waited ${span} to be computed`,
    slow: (span) => `From push to fact it takes ${span}`,
    silent: (count) => `${count} ${count === "1" ? "connector is" : "connectors are"} silent`,
    errors: (share, count) => `${share} of the requests of the last two minutes failed (${count})`,
    slowRequests: (share) => `${share} of the requests of the last two minutes took longer than a second`,
    transaction: (span) => `A transaction has been open for ${span}`,
    standby: "The synchronous standby is gone: a lost disk would lose data",
    stale: (span) => `The newest sample is ${span} old`,
  },
};

const zh = {
  title: "Attain 运维",
  skip: "跳到数据",
  signIn: "登录",
  signInWhy: "数据仅对具有 ops 角色的账号开放；上方状态对所有人公开。",
  signOut: "退出",
  email: "邮箱",
  password: "密码",
  company: "公司",
  chooseCompany: "该账号属于多家公司：请选择其一，再登录。",
  noRole: "该账号没有 ops 角色，不能查看运维数据。请换用有此角色的账号登录。",
  ended: "会话已结束，请重新登录。",
  failed: "登录未成功。",
  cannotSignIn: "API 没有应答，暂时无法登录，请稍后再试。",
  states: { ok: "正常", degraded: "降级", unavailable: "不可用", unknown: "正在询问…" },
  why: {
    ok: "所有依赖均有应答，没有积压过久的工作。",
    degraded: "仍在服务，但有问题需要处理。",
    unavailable: "请求被拒绝或得不到应答。",
    unknown: "尚无应答。",
    public: "以上为 API 自报状态；登录后可见数据。",
    notices: "服务正常，下面有事项需要留意。",
  },
  dependencyStates: { ok: "正常", away: "失联", behind: "过旧", unknown: "未询问" },
  dependencies: "依赖",
  findings: "问题",
  runbook: "处置手册",
  severity: { critical: "严重", warning: "警告" },
  figures: "当前",
  charts: "最近一小时",
  asOf: (time) => `截至 ${time}`,
  footer: (version, revision, uptime) => `版本 ${version}（${revision}），已运行 ${uptime}`,
  banner: {
    unreachable: "无法连接到 API。",
    database: "数据库（PostgreSQL）失联。",
    schema: "数据库结构比当前版本所需的旧。",
    draining: "该 API 进程正在退出。",
    other: "API 未给出数据。",
    queue: "队列（Redis）也失联。",
    kept: (time) => `显示的是 ${time} 的数据，正在自动重试。`,
    none: "正在自动重试。",
  },
  database: "数据库",
  schema: "数据库结构",
  queue: "队列",
  worker: "工作进程",
  inboxLive: "收件箱（实时）",
  inboxBackfill: "收件箱（补录）",
  inboxOldest: "最早批次已等待",
  failedBatches: "失败批次",
  marks: "待计算目标",
  marksOldest: "最早目标已等待",
  checks: "待做检查",
  lag: "推送到入库",
  silent: "静默连接器",
  connections: "数据库连接",
  size: "数据库大小",
  transaction: "最久事务",
  standbys: "同步备库",
  workers: "工作进程",
  workersOfTheDay: "最近一天的工作进程，及各自启动以来完成的工作",
  workersAlive: "在线工作进程",
  columns: ["主机", "状态", "上次心跳", "版本", "内存", "批次", "行数", "目标", "失败"],
  alive: "在线",
  gone: "离线",
  ago: (span) => `${span}前`,
  now: "当前",
  min: "最小",
  max: "最大",
  series: "系列",
  chartTitles: {
    requests: "每秒请求数",
    inbox: "收件箱批次数",
    oldest: "最早批次已等待（秒）",
    rows: "每秒入库行数",
    lag: "推送到入库（秒）",
    marks: "待计算目标",
    workers: "在线工作进程",
    connections: "数据库连接数",
  },
  seriesNames: {
    requests: "全部",
    failed: "失败（5xx）",
    slow: "超过 1 秒",
    live: "实时",
    backfill: "补录",
    oldest: "等待",
    rows: "行",
    lag: "延迟",
    marks: "目标",
    checks: "检查",
    workers: "进程",
    connections: "连接",
  },
  noSamples: "尚无采样：每 15 秒采样一次。",
  finding: {
    unreachable: "此浏览器无法连接到 API",
    database: "数据库失联",
    schema: "数据库结构比当前版本所需的旧",
    draining: "该 API 进程正在退出，不再接收新请求",
    queue: "队列失联：工作进程改为每两秒查看一次",
    noWorker: "没有在线的工作进程：推送会被存下，但不会入库",
    workerDown: (host, span) => `工作进程 ${host} 最后出现于 ${span}前`,
    inboxStuck: (span) => `最早的批次已等待 ${span}，且没有批次入库`,
    inboxSlow: (span) => `最早的批次已等待 ${span}：来量大于处理量`,
    inboxFilling: (count) => `收件箱积压 ${count} 个批次`,
    batchesFailed: (count) => `${count} 个批次失败并被搁置`,
    marksStuck: (span) => `有目标已等待计算 ${span}`,
    slow: (span) => `从推送到入库需要 ${span}`,
    silent: (count) => `${count} 个连接器静默`,
    errors: (share, count) => `最近两分钟 ${share} 的请求失败（${count} 个）`,
    slowRequests: (share) => `最近两分钟 ${share} 的请求超过一秒`,
    transaction: (span) => `有事务已打开 ${span}`,
    standby: "同步备库已断开：磁盘损坏会丢数据",
    stale: (span) => `最新采样已是 ${span}前`,
  },
};

export const words = language === "en" ? en : zh;

const UNITS = language === "en" ? ["d", "h", "min", "s"] : ["天", "小时", "分", "秒"];
const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const minutes = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const NONE = "–";

const orNone = (write) => (value) => (value === null || value === undefined ? NONE : write(value));

/** A number as short as a chart wants it. */
export const short = orNone((value) => (value !== 0 && Math.abs(value) < 10 ? fine.format(value) : compact.format(value)));
/** A count with all of its digits up to a hundred thousand. */
export const count = orNone((value) => (value < 100_000 ? plain : compact).format(value));
export const share = (value) => percent.format(value);
export const timeOfDay = (date) => clock.format(date);
export const hourAndMinute = (date) => minutes.format(date);

/** Milliseconds of a check. */
export const milliseconds = orNone((value) => `${value < 10 ? fine.format(value) : plain.format(value)} ms`);

/** Bytes in the largest unit that leaves at least one. */
export const bytes = orNone((value) => {
  const power = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10));
  const size = value / 1024 ** power;
  return `${(size < 10 && power ? fine : plain).format(size)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
});

/** Seconds as the two largest units that say something: `3 min 12 s`. */
export const span = orNone((seconds) => {
  if (seconds < 10) return `${fine.format(Math.max(0, seconds))} ${UNITS[3]}`;
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const first = parts.findIndex((part) => part > 0);
  return parts
    .map((part, unit) => ({ part, text: `${part} ${UNITS[unit]}`, unit }))
    .filter(({ part, unit }) => part > 0 && unit >= first && unit <= first + 1)
    .map(({ text }) => text)
    .join(" ");
});
