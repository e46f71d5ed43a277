package import Foundation
import Glibc

/// Runs a program to its end and returns what it printed; throws when it fails.
package enum ShellCommand {
    package struct Failure: Error, CustomStringConvertible {
        package var command: String
        package var status: Int32
        package var output: String
        package var description: String { "\(command) ended with \(status):\n\(output)" }
    }

    @discardableResult
    package static func run(
        _ program: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String]? = nil,
        input: String? = nil
    ) throws -> String {
        let result = try status(program, arguments, in: folder, environment: environment, input: input)
        guard result.status == 0 else {
            throw Failure(
                command: ([program] + arguments).joined(separator: " "), status: result.status, output: result.output)
        }
        return result.output
    }

    /// The exit status, 128 and the signal when one ended it, and what was printed on both streams.
    package static func status(
        _ program: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String]? = nil,
        input: String? = nil
    ) throws -> (status: Int32, output: String) {
        // Files, not pipes: a server that the program leaves running must not hold the reader.
        let files = FileManager.default.temporaryDirectory.path + "/asbuilt-command-\(UUID())"
        let (source, target) = (files + ".in", files + ".out")
        defer { for file in [source, target] { unlink(file) } }
        if let input { try Data(input.utf8).write(to: URL(filePath: source)) }
        let place = folder.map { ["/usr/bin/env", "-C", $0.path(percentEncoded: false)] } ?? []
        let words = place + [program] + arguments
        let tool = try Tool(
            words[0], Array(words.dropFirst()), environment: environment ?? [:], input: input == nil ? "/dev/null" : source,
            output: target, errors: nil)
        let status = tool.waitForEnd()
        return (status, String(decoding: try Data(contentsOf: URL(filePath: target)), as: UTF8.self))
    }
}
