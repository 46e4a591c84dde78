/**
 * How the pages look: system fonts, one accent, light and dark.
 *
 * @module
 */

const LIGHT = `--bg:#f7f7f5;--card:#fff;--ink:#1b1f22;--soft:#5b646b;--line:#e3e4e1;--accent:#0f6e67;--tint:#e3f1ef;--bad:#b42318;--on:#fff;--shade:0 1px 2px #1b1f220a,0 4px 16px #1b1f220a;color-scheme:light`;
const DARK = `--bg:#101314;--card:#181c1e;--ink:#e7eae9;--soft:#9aa5a8;--line:#2a3033;--accent:#5cc8bd;--tint:#16302e;--bad:#ff8a7a;--on:#08201e;--shade:none;color-scheme:dark`;

/** The style sheet, served as it is. */
export const STYLE: string = `:root{${LIGHT}}
:root[data-theme=dark]{${DARK}}
@media(prefers-color-scheme:dark){:root[data-theme=auto]{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;-webkit-text-size-adjust:100%}
h1,h2,p,ul,ol,dl,dd{margin:0;padding:0}
h1{font-size:26px;line-height:1.25;font-weight:650;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:15px;font-weight:600;margin-bottom:14px;display:flex;gap:10px;align-items:baseline;justify-content:space-between}
small{font-size:13px;font-weight:400;color:var(--soft)}
a{color:var(--accent);text-underline-offset:3px}
.key{white-space:pre;unicode-bidi:isolate}.chip{unicode-bidi:isolate}
code,.key,.hex,.value{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:13px}
h1.key{font-size:20px;font-weight:600;letter-spacing:0;white-space:pre-wrap}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
main:focus{outline:none}
[hidden]{display:none!important}
.skip{position:absolute;left:-999px;top:8px;background:var(--card);padding:8px 14px;z-index:2}
.skip:focus{left:8px}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:8px 28px;padding:12px 32px;background:var(--card);border-bottom:1px solid var(--line)}
.brand{display:flex;align-items:center;gap:10px;font-weight:650;color:var(--ink);text-decoration:none;padding:4px 0}
.logo{width:22px;height:22px;fill:var(--soft);opacity:.9}.logo .lit{fill:var(--accent)}
nav ul{display:flex;flex-wrap:wrap;list-style:none;gap:2px}
nav a{display:block;padding:7px 12px;border-radius:8px;color:var(--soft);text-decoration:none;font-weight:500}
nav a:hover{color:var(--ink)}
nav a[aria-current]{color:var(--accent);background:var(--tint)}
.tools{display:flex;align-items:center;gap:6px;margin-left:auto}
main{max-width:1180px;margin:0 auto;padding:36px 32px 80px;display:flex;flex-direction:column;gap:20px}
#live{display:flex;flex-direction:column;gap:20px}#live.lost{opacity:.55}
.heading{display:flex;flex-direction:column;gap:6px;margin-bottom:4px}
.heading p{color:var(--soft);max-width:72ch}
.heading .chip{align-self:flex-start}
.heading.live{flex-direction:row;align-items:center;justify-content:space-between}.heading.live h2{margin:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:22px 24px;box-shadow:var(--shade);min-width:0}
.card>p{color:var(--soft);margin-bottom:14px;max-width:80ch}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:20px}
.status{display:flex;align-items:center;gap:9px;font-weight:500}
.dot{display:inline-block;width:9px;height:9px;border-radius:50%;background:var(--soft);flex:none}
.ok .dot{background:var(--accent)}.bad .dot,.down .dot,.degraded .dot{background:var(--bad);border-radius:2px}
.state{display:inline-flex;align-items:center;gap:8px}.state.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden;box-shadow:var(--shade)}
.tiles>div{background:var(--card);padding:18px 22px}
.tiles dt{color:var(--soft);font-size:13px}
.tiles strong{display:block;font-size:28px;line-height:1.3;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tiles small{font-variant-numeric:tabular-nums}
.plot{display:block;width:100%;height:140px;overflow:visible}
.plot .grid{stroke:var(--line);vector-effect:non-scaling-stroke}
.plot .line{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.plot .area{fill:var(--accent);opacity:.1}
.scale{display:flex;justify-content:space-between;font-size:13px;margin:8px 0 0!important;max-width:none!important}
.bars{list-style:none;display:grid;gap:12px}.bars+.bars{margin-top:12px}
.bars li{display:grid;grid-template-columns:1fr auto;gap:4px 16px}
.bar-label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.bar-words{color:var(--soft);font-variant-numeric:tabular-nums}
.bar{grid-column:1/-1;width:100%;height:7px;display:block}.bar .track{fill:var(--line)}.bar .fill{fill:var(--accent)}
.scroll{overflow-x:auto;margin:0 -24px;padding:0 24px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:10px 18px 10px 0;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}
thead th{border:0;padding-top:0;color:var(--soft);font-size:13px;font-weight:500}
tbody th{font-weight:500}
th:last-child,td:last-child{padding-right:0}
td .actions{gap:4px}
tbody th .key{display:inline-block;max-width:46ch;overflow:hidden;text-overflow:ellipsis;vertical-align:bottom}
.wrap{white-space:normal;overflow-wrap:anywhere}
.chip{display:inline-block;padding:1px 9px;border:1px solid var(--line);border-radius:99px;font-size:13px;color:var(--soft);text-decoration:none;max-width:24ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom}
a.chip:hover{border-color:var(--accent);color:var(--accent)}.chip.lit{background:var(--tint);border-color:var(--tint);color:var(--accent)}
button,.button{font:inherit;font-weight:500;padding:8px 16px;border-radius:9px;border:1px solid var(--line);background:var(--card);color:var(--ink);cursor:pointer;text-decoration:none;display:inline-block;min-height:40px;white-space:nowrap}
button:hover,.button:hover{border-color:var(--soft)}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on)}
button.quiet{border-color:transparent;background:none;color:var(--soft);padding:7px 12px}button.quiet:hover{color:var(--ink);border-color:var(--line)}
button.danger{color:var(--bad)}button.danger:not(.quiet){border-color:var(--bad)}
.field{display:flex;flex-direction:column;gap:5px;flex:1 1 180px;min-width:0}
.field span{font-size:13px;color:var(--soft)}
input,select{font:inherit;width:100%;padding:0 12px;height:40px;border:1px solid var(--line);border-radius:9px;background:var(--bg);color:var(--ink)}
input::placeholder{color:var(--soft);opacity:.75}
.search{display:flex;flex-wrap:wrap;gap:14px;align-items:end}
.actions{display:flex;flex-wrap:wrap;gap:14px 22px;align-items:end}.actions form{display:flex;gap:10px;align-items:end}
.confirm p{color:var(--ink);font-size:17px;margin-bottom:20px}.confirm form{display:flex;flex-direction:column;gap:18px}
.confirm .field{flex:none;max-width:420px}
.login{max-width:420px;width:100%;margin:8vh auto 0}.login p{margin:6px 0 20px}.login form{display:flex;flex-direction:column;gap:18px}.login .field{flex:none}
.note{border-left:3px solid var(--accent);background:var(--tint);padding:10px 16px;border-radius:0 9px 9px 0;overflow-wrap:anywhere}
.note.bad{border-color:var(--bad)}
.said:empty{display:none}
.empty{color:var(--soft)}
.pages{display:flex;gap:10px;margin:16px 0 0!important}.pages:empty{display:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:18px 26px}
.facts dt{font-size:13px;color:var(--soft)}.facts dd{overflow-wrap:anywhere}
.crumbs{font-size:14px}
.value{overflow-wrap:anywhere;line-height:1.7}
.value ul{list-style:none;margin-left:7px;padding-left:17px;border-left:1px solid var(--line)}
.value summary{cursor:pointer;color:var(--soft)}.value details{display:inline-block;vertical-align:top;max-width:100%}
.value .name{color:var(--soft)}.value .name::after{content:":"}
.v{white-space:pre-wrap}.v.string{color:var(--accent)}
.hex{margin:8px 0;line-height:1.6}
.events{list-style:none;max-height:420px;overflow:auto;font-size:14px}.events li{padding:4px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}.events time{color:var(--soft);font-variant-numeric:tabular-nums}
@media(max-width:640px){main{padding:24px 16px 64px}.top{padding:10px 16px}.card{padding:18px 16px}.scroll{margin:0 -16px;padding:0 16px}.tiles{grid-template-columns:1fr 1fr}.tiles>div:last-child:nth-child(odd){grid-column:1/-1}.tiles>div{padding:14px 16px}.tiles strong{font-size:23px}nav{order:3;width:100%;overflow-x:auto;margin:0 -16px;padding:0 16px;width:calc(100% + 32px)}nav ul{flex-wrap:nowrap;justify-content:space-between}nav a{padding:7px 8px;font-size:14px}.facts{grid-template-columns:1fr 1fr}tbody th .key{max-width:24ch}.actions,.actions form{width:100%}}
@media(prefers-reduced-motion:no-preference){button,.button,nav a,.chip{transition:color .12s,border-color .12s}.bar .fill{transition:width .4s}}
`;
