internal import Diagnostics
internal import FoundationEssentials

/// Writes files of an engagement, each in one step.
enum EngagementWriting {
    static func write(_ bytes: [UInt8], to path: String) throws(Findings) {
        do {
            let url = URL(filePath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url, options: .atomic)
        } catch {
            throw Findings([
                Finding(
                    code: "file.not-written", what: "\(path) cannot be written: \(error)",
                    remedy: "check the folder's permissions")
            ])
        }
    }

    static func move(_ from: String, to: String) throws(Findings) {
        do {
            let target = URL(filePath: to)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.moveItem(at: URL(filePath: from), to: target)
        } catch {
            throw Findings([
                Finding(
                    code: "file.not-written", what: "\(from) cannot be moved to \(to): \(error)",
                    remedy: "check the folder's permissions")
            ])
        }
    }
}
