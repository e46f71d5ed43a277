import Foundation

// Development only: `asbuilt-conformance cli` and `asbuilt-conformance jinja` read cases as JSON lines on standard input
// and answer each with one line. `asbuilt-conformance jinja-names` prints what the packs hold, for hostile.py.
switch CommandLine.arguments.dropFirst().first {
case "cli":
    var tables = TextTableCases()
    while let line = readLine(strippingNewline: true) {
        if line.isEmpty { continue }
        let answer = tables.answer(line) ?? CLICases.answer(line)
        FileHandle.standardOutput.write(Data((answer + "\n").utf8))
    }
case "jinja": runJinjaCases()
case "jinja-names": printJinjaNames()
case "jinja-measure": exit(JinjaMeasure.run(Array(CommandLine.arguments.dropFirst(2))))
default:
    FileHandle.standardError.write(
        Data("usage: asbuilt-conformance cli|jinja < CASES, jinja-names, or jinja-measure CASES\n".utf8))
    exit(2)
}
