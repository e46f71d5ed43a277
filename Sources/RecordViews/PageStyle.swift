/// The look of every page: one style sheet inside the page, light and dark, no other file and no script.
enum PageStyle {
    static let css = """
        :root{--ink:#1b2430;--soft:#5b6675;--line:#d8dee6;--page:#fff;--card:#f6f8fa;--good:#1a7f43;--bad:#b3261e;
        --warn:#9a6700;--accent:#1f5fbf;--add:#e6f5ea;--del:#fbe9e7}
        @media (prefers-color-scheme:dark){:root{--ink:#e4e9f0;--soft:#9aa6b5;--line:#303a46;--page:#12171d;
        --card:#1a2129;--good:#5cc98a;--bad:#ff8a80;--warn:#e0b050;--accent:#7fb0ff;--add:#12301f;--del:#3a1a18}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:1060px;margin:0 auto;padding:28px 24px 60px}
        h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:34px 0 10px;padding-top:10px;border-top:1px solid var(--line)}
        h3{font-size:15px;margin:20px 0 6px}p{margin:6px 0}.soft{color:var(--soft)}
        code,pre{font:13px/1.45 ui-monospace,monospace}
        pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:10px 12px;overflow-x:auto;margin:8px 0}
        table{border-collapse:collapse;width:100%;margin:8px 0;font-size:14px}
        th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--soft);font-size:12.5px}td code{overflow-wrap:anywhere}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:10px;margin:16px 0}
        .facts div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:9px 12px}
        .facts b{display:block;font-size:12px;color:var(--soft);font-weight:600}
        .badge{display:inline-block;border-radius:10px;padding:0 9px;font-size:13px;font-weight:600;border:1px solid currentColor;white-space:nowrap}
        .good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.plain{color:var(--soft)}
        pre .add{display:block;background:var(--add)}pre .del{display:block;background:var(--del)}pre .ctx{display:block}
        details{margin:8px 0}summary{cursor:pointer;color:var(--accent)}
        .scroll{overflow-x:auto}
        svg{max-width:100%;height:auto}
        svg.topology line{stroke:var(--soft);stroke-width:1.6}
        svg.topology rect{fill:var(--card);stroke:var(--soft);stroke-width:1.6}
        svg.topology text{font:600 13px system-ui,sans-serif;text-anchor:middle;fill:var(--ink)}
        svg.topology .caption{font:11.5px system-ui,sans-serif;fill:var(--soft)}
        svg.topology .port{font:11px ui-monospace,monospace;fill:var(--soft);paint-order:stroke;stroke:var(--page);stroke-width:4px}
        svg.topology .good rect{stroke:var(--good)}svg.topology .bad rect{stroke:var(--bad)}
        svg.topology .warn rect{stroke:var(--warn)}svg.topology .outside rect{stroke-dasharray:5 4}
        svg.timeline .bar{fill:var(--accent);opacity:.25}svg.timeline .tick{fill:var(--accent)}
        svg.timeline text{font:12px system-ui,sans-serif;fill:var(--ink)}svg.timeline .soft{fill:var(--soft)}
        svg.timeline line{stroke:var(--line)}
        @media print{details{display:block}body{font-size:12px}}
        """
}
