import Foundation

/// Programs that the test build made beside the tests.
package enum BuiltProgram {
    package struct Missing: Error { package var name: String }

    package static func path(_ name: String) throws -> String {
        guard var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() else {
            throw Missing(name: name)
        }
        for _ in 0..<4 {
            let candidate = folder.appending(path: name).path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        throw Missing(name: name)
    }
}
