import Foundation

// Development only: `asbuilt-conformance cli` reads cases as JSON lines on standard input and answers each with one line.
switch CommandLine.arguments.dropFirst().first {
case "cli":
    while let line = readLine(strippingNewline: true) {
        if line.isEmpty { continue }
        FileHandle.standardOutput.write(Data((CLICases.answer(line) + "\n").utf8))
    }
default:
    FileHandle.standardError.write(Data("usage: asbuilt-conformance cli < CASES\n".utf8))
    exit(2)
}
