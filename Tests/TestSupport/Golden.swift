import Foundation
package import Testing

/// Compares text with a stored file. `REFRESH_GOLDEN=1` rewrites the file and fails the test: read the difference before
/// committing it.
package enum Golden {
    package static func expect(
        _ text: String, _ name: String, beside testFile: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = URL(filePath: testFile).deletingLastPathComponent().appending(path: "Golden/\(name)")
        if ProcessInfo.processInfo.environment["REFRESH_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            Issue.record("rewrote Golden/\(name): read the difference", sourceLocation: sourceLocation)
            return
        }
        let stored = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        #expect(text == stored, "differs from Golden/\(name)", sourceLocation: sourceLocation)
    }
}
