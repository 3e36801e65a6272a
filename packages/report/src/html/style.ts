/**
 * The page's only style. Its hash stands in the page's Content-Security-Policy, so nothing else can bring style along, and no
 * element has a `style` attribute.
 *
 * Colours are pairs of ink and paper with a contrast of at least 4.5 : 1, in light and in dark. Paper is always light.
 */
export const style = `
:root{color-scheme:light dark;--page:#f4f6f9;--paper:#fff;--raised:#f8fafc;--ink:#17202b;--soft:#51606f;--line:#d5dde6;--accent:#0b5cad;--bar:#3b82c4;--track:#e6ecf2;--good:#0b6b35;--goodPaper:#e4f5ea;--bad:#a3231c;--badPaper:#fde9e7;--badBar:#cf5a52;--warn:#7a4d00;--warnPaper:#fff3d6;--warnBar:#d99a1c;--quiet:#51606f;--quietPaper:#e9eef3}
@media screen and (prefers-color-scheme:dark){:root{--page:#0e1319;--paper:#171e26;--raised:#1d2630;--ink:#e8edf3;--soft:#a3b0bd;--line:#2f3b47;--accent:#7ab8f5;--bar:#4a90d0;--track:#263240;--good:#7ddb9c;--goodPaper:#12301e;--bad:#ff9d95;--badPaper:#3d1a18;--badBar:#d8645c;--warn:#f2c261;--warnPaper:#372a10;--warnBar:#d29a2c;--quiet:#a3b0bd;--quietPaper:#26313c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main,.top,.foot{max-width:1360px;margin:0 auto;padding:0 24px}
.top{padding-top:32px}
h1{margin:0;font-size:28px;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:0 0 12px;font-size:18px;line-height:1.3}
h3{margin:0 0 14px;font-size:15px;line-height:1.3}
.lead{margin:6px 0 0;color:var(--soft)}
section{margin:28px 0 0}
.note{margin:16px 0 0;padding:12px 16px;border-radius:8px;border-left:4px solid;overflow-wrap:anywhere}
.note strong{display:block}
.note.good{background:var(--goodPaper);color:var(--good);border-color:var(--good)}
.note.bad{background:var(--badPaper);color:var(--bad);border-color:var(--bad)}
.note.warn{background:var(--warnPaper);color:var(--warn);border-color:var(--warnBar)}
.note a{color:inherit}
.cards{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:12px;margin:0;padding:0;list-style:none}
.card{display:flex;flex-direction:column;padding:14px 16px;background:var(--paper);border:1px solid var(--line);border-radius:10px}
.card b{font-size:28px;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.card span{font-weight:600}
.card small{color:var(--soft);font-size:13px}
.card.bad b{color:var(--bad)}.card.warn b{color:var(--warn)}.card.good b{color:var(--good)}.card.quiet b{color:var(--quiet)}
.panels{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
.panel{padding:18px 20px;background:var(--paper);border:1px solid var(--line);border-radius:10px;margin:0;min-width:0}
.panel.wide{grid-column:1/-1}
.panel.tall{grid-column:2;grid-row:2/span 2}
.panel p{margin:-8px 0 14px;color:var(--soft);font-size:14px}
.panel p:first-child{margin-top:0}
.panel p.none,.panel p.rest{margin:0}
.panel p.rest{margin-top:10px}
.columns{display:block;width:100%;height:auto;max-height:240px}
.columns text{fill:var(--soft);font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;text-anchor:middle}
.columns .value{fill:var(--ink);font-weight:600}
.columns .axis{stroke:var(--line)}
.fill{fill:var(--bar)}.fill.warn{fill:var(--warnBar)}.fill.bad{fill:var(--badBar)}
.track{fill:var(--track)}
.bars{display:grid;grid-template-columns:minmax(90px,auto) 1fr auto;gap:8px 12px;align-items:center;margin:0;padding:0;list-style:none}
.bars li{display:contents}
.bars .name{overflow-wrap:anywhere;max-width:260px}
.bars .name small{display:block;color:var(--soft);font-size:13px}
.bars svg{display:block;width:100%;height:12px;border-radius:3px}
.bars .number{text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
.bars.narrow{display:none}
.table{background:var(--paper);border:1px solid var(--line);border-radius:10px;overflow:clip}
table{width:100%;border-collapse:collapse;font-size:14px}
caption{padding:14px 16px;text-align:left;color:var(--soft)}
caption strong{color:var(--ink)}
th,td{padding:9px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
thead th{position:sticky;top:0;background:var(--raised);font-size:13px;white-space:nowrap;overflow-wrap:normal;z-index:1}
tbody th{font-weight:600}
td small,th small{display:block;color:var(--soft);font-weight:400;font-size:13px}
:is(td,th) .id{font-family:ui-monospace,SFMono-Regular,Consolas,"DejaVu Sans Mono",monospace;font-size:11.5px;overflow-wrap:anywhere}
.full :is(td,th):nth-child(1){min-width:200px}
.full :is(td,th):nth-child(2){min-width:284px}
.full :is(td,th):nth-child(4){min-width:130px}
.full td:nth-child(3),.full :is(td,th):nth-child(n+6){white-space:nowrap;font-variant-numeric:tabular-nums}
.full :is(td,th):nth-child(8){text-align:right}
.tag{display:inline-block;padding:1px 8px;border-radius:999px;font-size:13px;font-weight:600;white-space:nowrap;border:1px solid}
.tag.active{background:var(--goodPaper);color:var(--good)}
.tag.expiring{background:var(--warnPaper);color:var(--warn)}
.tag.expired{background:var(--badPaper);color:var(--bad)}
.tag.revoked{background:var(--quietPaper);color:var(--quiet)}
.tag.flag{background:none;color:var(--bad);border-style:dashed;margin:0 4px 4px 0}
.tag.flag.mild{color:var(--warn)}
.none{color:var(--soft)}
details{margin-top:12px}
summary{cursor:pointer;font-weight:600}
.foot{padding-top:28px;padding-bottom:40px;color:var(--soft);font-size:14px}
.foot p{margin:0 0 6px}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999em}.skip:focus{position:static}
@media screen and (max-width:1000px){.cards{grid-template-columns:repeat(3,minmax(0,1fr))}}
@media screen and (max-width:760px){
main,.top,.foot{padding-left:16px;padding-right:16px}
.top{padding-top:20px}
h1{font-size:23px}
.cards{grid-template-columns:repeat(2,minmax(0,1fr))}
.card{padding:12px;overflow-wrap:anywhere}
.card:last-child:nth-child(odd){grid-column:1/-1}
.card b{font-size:24px}
.panels{grid-template-columns:minmax(0,1fr)}
.panel{padding:16px}
.panel.tall{grid-column:auto;grid-row:auto}
.columns{display:none}
.bars.narrow{display:grid}
.bars{grid-template-columns:minmax(0,1fr) auto;gap:2px 12px}
.bars .name{grid-column:1;max-width:none}
.bars .number{grid-column:2;grid-row:auto}
.bars li{display:grid;grid-column:1/-1;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;padding:4px 0}
.bars svg{grid-column:1/-1;grid-row:2;height:8px}
}
@media screen and (max-width:1220px){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,caption{display:block}
tr{padding:12px 16px;border-top:1px solid var(--line)}
tbody tr{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,280px),1fr));gap:2px 24px}
thead tr{display:block;padding:0;border:0}
.table tbody :is(th,td){display:grid;grid-template-columns:84px minmax(0,1fr);gap:8px;min-width:0;padding:3px 0;border:0;text-align:left;white-space:normal}
.table tbody :is(th,td)::before{color:var(--soft);font-weight:400;font-size:13px;line-height:1.6}
.table .full tbody tr :is(td,th){min-width:0}
.table .full td:nth-child(8){text-align:left}
.table .full td:nth-child(n+6) small{display:inline}
.tag{justify-self:start}
.full :is(td,th):nth-child(1)::before{content:"Owner"}
.full :is(td,th):nth-child(2)::before{content:"Token"}
.full :is(td,th):nth-child(3)::before{content:"Status"}
.full :is(td,th):nth-child(4)::before{content:"Scopes"}
.full :is(td,th):nth-child(5)::before{content:"Flags"}
.full :is(td,th):nth-child(6)::before{content:"Created"}
.full :is(td,th):nth-child(7)::before{content:"Expires"}
.full :is(td,th):nth-child(8)::before{content:"Days left"}
.sample :is(td,th):nth-child(1)::before{content:"DisplayName"}
.sample :is(td,th):nth-child(2)::before{content:"Owner"}
.sample :is(td,th):nth-child(3)::before{content:"isValid"}
.sample :is(td,th):nth-child(4)::before{content:"validFrom"}
.sample :is(td,th):nth-child(5)::before{content:"validTo"}
.failures :is(td,th):nth-child(1)::before{content:"User"}
.failures :is(td,th):nth-child(2)::before{content:"Reason"}
.failures :is(td,th):nth-child(3)::before{content:"Error"}
.full td:nth-child(5):not(:has(.tag)){display:none}
}
@page{size:landscape;margin:12mm}
@media print{
h2,h3,caption{break-after:avoid}
.full td:nth-child(n+6) small{display:inline}
body{background:none;font-size:10pt}
main,.top,.foot{max-width:none;padding-left:0;padding-right:0}
.top{padding-top:0}
.card,.panel,.table{border-color:#999}
.panel,.card,.note,tr{break-inside:avoid}
.note,.tag,.fill,.track{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.table{overflow:visible}
thead th{position:static}
table{font-size:8pt}
:is(th,td) small,.tag,thead th{font-size:inherit}
:is(th,td) .id{font-size:7pt}
.tag{padding:0 5px}
.panels{display:block}
.panel{margin-bottom:10px}
th,td{padding:4px 6px}
.tokens{break-before:page}
.skip{display:none}
.full tr :is(td,th):nth-child(-n+2){min-width:0;width:23%}
}
`
