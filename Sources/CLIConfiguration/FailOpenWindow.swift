package import Diagnostics

/// A stretch of a list of commands during which a filter lets through what neither the old nor the new one does.
package struct FailOpenWindow: Equatable, Sendable {
    /// The list it is about.
    package var title: String
    /// Lines of the forward list, from 1: the one that opens the window, and the one that closes it.
    package var opens: Int
    package var closes: Int
    package var what: String
    /// A safer order, or a means that changes the list in one go.
    package var remedy: String

    package var finding: Finding {
        Finding(.warning, code: "cli.fail-open", what: what, remedy: remedy)
    }

    /// Windows in commands that take effect line by line; a device that commits a candidate has none.
    static func among(_ commands: [CLICommand], dialect: CLIDialect) -> [FailOpenWindow] {
        guard dialect.syntax == .indented, dialect.settings["commit"] == nil else { return [] }
        var removedLists: [String: Int] = [:]
        var removedEntries: [[String]: Int] = [:]
        var windows: [FailOpenWindow] = []
        var byList: [String: Int] = [:]
        for (index, command) in commands.enumerated() where command.kind != .navigate {
            guard mayConcernFilter(command, dialect.negation) else { continue }
            let words = CLIWords.strings(command.text)
            if command.kind == .remove {
                let rest = Array(words.dropFirst())
                if command.path.isEmpty, rest.count == 2, rest[0] == "access-list" {
                    removedLists[rest.joined(separator: " ")] = index
                }
                if rest.count == 1, Int(rest[0]) != nil { removedEntries[command.path + rest] = index }
                continue
            }
            let list = words.prefix(2).joined(separator: " ")
            if command.path.isEmpty, let opened = removedLists[list] {
                if let known = byList[list] {
                    windows[known].closes = index + 1
                    continue
                }
                byList[list] = windows.count
                windows.append(
                    FailOpenWindow(
                        title: list, opens: opened + 1, closes: index + 1,
                        what:
                            "`\(list)` does not exist, or not completely, between lines of the change: what it is bound "
                            + "to is open or shut meanwhile",
                        remedy:
                            "edit it in place (`ip access-list extended \(words[1])`, entries by sequence number), or "
                            + "make a second list, bind that, and remove this one"))
            }
            if let number = words.first, Int(number) != nil, let opened = removedEntries[command.path + [number]] {
                windows.append(
                    FailOpenWindow(
                        title: command.path.last ?? "", opens: opened + 1, closes: index + 1,
                        what:
                            "entry \(number) of `\(command.path.last ?? "")` is absent between lines \(opened + 1) and "
                            + "\(index + 1)",
                        remedy:
                            "set the new entry under a free number before the old one is removed, or use a session, "
                            + "a candidate or a timed replace"))
            }
        }
        return windows
    }

    /// Only a line of a flat list or one that starts with a number can open or close a window: told from its bytes,
    /// since most lines of a large change are neither.
    private static func mayConcernFilter(_ command: CLICommand, _ negation: String) -> Bool {
        var rest = command.text.utf8[...]
        if command.kind == .remove { rest = rest.dropFirst(negation.utf8.count).drop { $0 == 0x20 } }
        guard let first = rest.first else { return false }
        return first >= 0x30 && first <= 0x39 || command.path.isEmpty && rest.starts(with: "access-list".utf8)
    }
}
