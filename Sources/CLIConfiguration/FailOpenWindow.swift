package import Diagnostics

/// A stretch of a list of commands during which a filter lets through what neither the old nor the new one does, log-ins
/// are not checked as before or after, or the way to the device is gone.
package struct FailOpenWindow: Equatable, Sendable {
    /// What is absent meanwhile.
    enum Subject: Equatable, Sendable {
        case list
        case entry(Int)
        /// Every line that starts with the title, in a section or in none: what says who may log in.
        case authentication(section: String)
        /// The same for the way to the device.
        case management(section: String)
    }

    /// The list it is about.
    package let title: String
    /// Lines of the forward list, from 1: the one that opens the window, and the one that closes it.
    package let opens: Int
    package private(set) var closes: Int
    private let subject: Subject

    init(title: String, opens: Int, closes: Int, subject: Subject) {
        (self.title, self.opens, self.closes, self.subject) = (title, opens, closes, subject)
    }

    // A large change has thousands of windows, of which a few are shown: their sentences are made when asked for.
    package var what: String {
        switch subject {
        case .list:
            "`\(title)` does not exist, or not completely, between lines of the change: what it is bound to is open or shut "
                + "meanwhile"
        case .entry(let number): "entry \(number) of `\(title)` is absent between lines \(opens) and \(closes)"
        case .authentication(let section):
            absence(section) + ": log-ins are checked neither as before nor as after"
        case .management(let section):
            absence(section) + ": the way to the device may be gone before its new one is there"
        }
    }

    /// A safer order, or a means that changes the list in one go.
    package var remedy: String {
        switch subject {
        case .list:
            "edit it in place (`ip access-list extended \(title.split(separator: " ").last ?? "")`, entries by sequence "
                + "number), or make a second list, bind that, and remove this one"
        case .entry:
            "set the new entry under a free number before the old one is removed, or use a session, a candidate or a timed "
                + "replace"
        case .authentication:
            "set the new line before the old one goes where the device takes both, or arm a timed revert and keep a second "
                + "session open"
        case .management: "apply it over another way to the device, or with a timed revert armed before line \(opens)"
        }
    }

    private func absence(_ section: String) -> String {
        "no line `\(title) …`\(section.isEmpty ? "" : " in `\(section)`") is there between lines \(opens) and \(closes)"
    }

    package var finding: Finding {
        Finding(.warning, code: "cli.fail-open", what: what, remedy: remedy)
    }

    /// Windows in commands that take effect line by line; a device that commits a candidate has none.
    static func among(_ commands: some Sequence<CLICommand>, observed: CLITree) -> [FailOpenWindow] {
        let dialect = observed.dialect
        guard dialect.syntax == .indented, dialect.settings["commit"] == nil else { return [] }
        var removedLists: [String: Int] = [:]
        var removedEntries: [Entry: Int] = [:]
        // Commands of one section follow each other, so its path is looked up once.
        var sections: [[String]: Int] = [[]: 0]
        var (lastPath, lastSection) = ([String](), 0)
        var windows: [FailOpenWindow] = []
        var byList: [String: Int] = [:]
        for (index, command) in commands.enumerated() where command.kind != .navigate {
            if let (number, isAll) = entryNumber(command, dialect.negation) {
                if command.path != lastPath {
                    lastPath = command.path
                    lastSection = sections[lastPath] ?? sections.count
                    sections[lastPath] = lastSection
                }
                let entry = Entry(section: lastSection, number: number)
                if command.kind == .remove {
                    if isAll { removedEntries[entry] = index }
                } else if let opened = removedEntries[entry] {
                    windows.append(
                        FailOpenWindow(
                            title: command.path.last ?? "", opens: opened + 1, closes: index + 1,
                            subject: .entry(number)))
                }
            } else if command.path.isEmpty, namesFlatList(command, dialect.negation) {
                let words = CLIWords.strings(command.text)
                if command.kind == .remove {
                    if words.count == 3 { removedLists[words.dropFirst().joined(separator: " ")] = index }
                    continue
                }
                let list = words.prefix(2).joined(separator: " ")
                guard let opened = removedLists[list] else { continue }
                if let known = byList[list] {
                    windows[known].closes = index + 1
                    continue
                }
                byList[list] = windows.count
                windows.append(FailOpenWindow(title: list, opens: opened + 1, closes: index + 1, subject: .list))
            }
        }
        return (windows + GuardedLines.windows(commands, observed: observed)).sorted {
            ($0.opens, $0.closes) < ($1.opens, $1.closes)
        }
    }

    /// A numbered entry of a section.
    private struct Entry: Hashable {
        var section: Int
        var number: Int
    }

    /// A command without the word that takes it back.
    @inline(__always)
    private static func positive<R>(
        _ command: CLICommand, _ negation: String, _ body: (UnsafeBufferPointer<UInt8>) -> R
    ) -> R {
        var text = command.text
        return text.withUTF8 { bytes in
            var start = command.kind == .remove ? min(negation.utf8.count, bytes.count) : 0
            while start > 0, start < bytes.count, bytes[start] == 0x20 { start += 1 }
            return body(UnsafeBufferPointer(rebasing: bytes[start...]))
        }
    }

    /// The number a command starts with, and whether it is all of the command.
    private static func entryNumber(_ command: CLICommand, _ negation: String) -> (
        value: Int, isAll: Bool
    )? {
        positive(command, negation) { rest in
            var (value, count) = (0, 0)
            while count < rest.count, 0x30...0x39 ~= rest[count] {
                guard count < 18 else { return nil }
                value = value * 10 + Int(rest[count] - 0x30)
                count += 1
            }
            guard count > 0, count == rest.count || rest[count] == 0x20 else { return nil }
            return (value, rest[count...].allSatisfy { $0 == 0x20 })
        }
    }

    private static let flatList = Array("access-list ".utf8)

    private static func namesFlatList(_ command: CLICommand, _ negation: String) -> Bool {
        positive(command, negation) { rest in
            rest.first == flatList[0] && rest.count >= flatList.count
                && zip(rest, flatList).allSatisfy { $0 == $1 }
        }
    }
}
