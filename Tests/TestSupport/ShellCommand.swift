package import Foundation

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

    /// The exit status and what was printed on both streams.
    package static func status(
        _ program: String, _ arguments: [String] = [], in folder: URL? = nil, environment: [String: String]? = nil,
        input: String? = nil
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder }
        if let environment {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let source = Pipe()
        process.standardInput = source
        try process.run()
        if let input { try source.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try source.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
