import Foundation
import TestSupport
import Testing

/// The table in Package.swift, read as text.
private struct ModuleTable {
    var imports: [String: Set<String>] = [:]

    init() throws {
        let manifest = try String(contentsOf: Repository.root.appending(path: "Package.swift"), encoding: .utf8)
        let row = /Module\(\s*"(?<name>[A-Za-z-]+)",\s*\[(?<list>[^\]]*)\]/
        for match in manifest.matches(of: row) {
            let names = match.output.list.matches(of: /"([A-Za-z0-9]+)"/).map { String($0.output.1) }
            imports[String(match.output.name)] = Set(names)
        }
    }
}

/// One import line of a source file.
private struct ImportLine {
    var module: String
    var file: String
    var imported: String

    static func all(below root: URL) throws -> [ImportLine] {
        var found: [ImportLine] = []
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let relative = file.path().dropFirst(root.path().count).drop { $0 == "/" }
            let module = String(relative.prefix { $0 != "/" })
            var isConditional = false
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                // An indented import is one only inside #if; elsewhere it is a line of some device's text.
                let text = line.drop { $0 == " " }
                if text.hasPrefix("#") { isConditional = !text.hasPrefix("#endif") }
                guard !line.hasPrefix(" ") || isConditional else { continue }
                var words = line.split(separator: " ").map(String.init)
                while let first = words.first, first.hasPrefix("@") || Self.modifiers.contains(first) {
                    words.removeFirst()
                }
                guard words.first == "import", words.count > 1 else { continue }
                let name = Self.kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
                let imported = String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                found.append(ImportLine(module: module, file: String(relative), imported: imported))
            }
        }
        return found
    }

    private static let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
}

@Suite struct `The module map` {
    /// Parts of the system that need no line.
    static let free: Set<String> = [
        "Foundation", "FoundationEssentials", "Synchronization", "Logging", "SystemPackage", "Glibc", "Swift",
        "Dispatch",
    ]

    @Test func `every import of a source file stands in the manifest's line for its module`() throws {
        let table = try ModuleTable()
        #expect(table.imports.count > 30)
        let lines = try ImportLine.all(below: Repository.root.appending(path: "Sources"))
        #expect(lines.count > 5)
        let violations = lines.filter { line in
            !Self.free.contains(line.imported) && table.imports[line.module]?.contains(line.imported) != true
        }.map { "\($0.file): import \($0.imported) is not in the line of \($0.module) in Package.swift" }
        #expect(violations.isEmpty, "\(violations.sorted().joined(separator: "\n"))")
    }

    @Test func `the lab never sees the parsers, drivers and planning it is there to judge`() throws {
        let table = try ModuleTable()
        let forbidden: Set<String> = [
            "CLIConfiguration", "CLIApplyModel", "CLIDialogue", "DeviceDrivers", "DeviceConfiguration",
            "ChangePlanning", "ChangeExecution",
        ]
        for lab in ["LabDevices", "LabServer"] {
            #expect(table.imports[lab]?.isDisjoint(with: forbidden) == true)
        }
    }

    @Test func `only the places where parts are wired together name SSH`() throws {
        let table = try ModuleTable()
        let users = table.imports.filter { $0.value.contains("SSHTransport") }.keys.sorted()
        #expect(users.filter { !$0.hasSuffix("Tests") } == ["ChangeWorkflow", "LabServer"])
    }

    @Test func `dependencies point one way`() throws {
        let table = try ModuleTable()
        var done: Set<String> = []
        func visit(_ name: String, _ path: [String]) {
            if done.contains(name) { return }
            #expect(!path.contains(name), "cycle: \((path + [name]).joined(separator: " → "))")
            if path.contains(name) { return }
            for next in (table.imports[name] ?? []).sorted() { visit(next, path + [name]) }
            done.insert(name)
        }
        for name in table.imports.keys.sorted() { visit(name, []) }
    }
}
