package import Foundation

/// A folder that exists as long as this value and is removed with it.
package final class ScratchFolder: Sendable {
    package let url: URL
    package var path: String { url.path(percentEncoded: false) }

    package init(_ name: String = "scratch") throws {
        url = FileManager.default.temporaryDirectory.appending(
            path: "asbuilt-\(name)-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file, making the folders above it.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> URL {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file
    }

    package func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
    }
}
