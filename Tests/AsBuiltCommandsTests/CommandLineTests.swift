import ArgumentParser
import Testing

@testable import AsBuiltCommands

@Suite struct `The command line` {
    private static func all(_ command: any ParsableCommand.Type, _ path: String) -> [(
        path: String, type: any ParsableCommand.Type
    )] {
        let below = command.configuration.subcommands + command.configuration.groupedSubcommands.flatMap(\.subcommands)
        return [(path, command)] + below.flatMap { all($0, "\(path) \($0._commandName)") }
    }

    @Test func `every command says what it does, and those that do something how`() {
        let commands = Self.all(AsBuiltProgram.self, "asbuilt")
        #expect(commands.count > 40)
        for (path, type) in commands {
            #expect(!type.configuration.abstract.isEmpty, "\(path) has no abstract")
            #expect(type.configuration.abstract.hasSuffix("."), "\(path): \(type.configuration.abstract)")
            #expect(
                type.helpMessage(columns: 100).split(separator: "\n").allSatisfy {
                    $0.count <= 100 || $0.hasPrefix("USAGE:")
                }, "\(path)")
        }
    }

    @Test(arguments: [
        "check", "render", "assess", "plan", "show plan", "show run", "show record", "approve spec --as a@b", "amend",
        "status",
        "apply --as a@b", "resume RUN --as a@b", "abort RUN", "rollback RUN --as a@b", "close --as a@b", "verify",
        "baseline r1",
        "compliance", "inventory list", "inventory show r1", "hostkeys scan --as a@b", "trust status", "schema",
        "diff A B --platform frr",
        "remediate A B --platform frr", "init engagements/x --devices all --author a@b", "lab status",
    ])
    func `every command takes a format and a folder`(_ line: String) throws {
        _ = try AsBuiltProgram.parseAsRoot(
            line.split(separator: " ").map(String.init) + ["--format", "json", "-C", "."])
    }

    @Test(arguments: [["nonsense"], ["plan", "--nonsense"], ["apply"], ["check", "--format", "xml"], ["lab", "up"]])
    func `wrong usage ends with status 2`(_ arguments: [String]) async {
        #expect(await AsBuiltProgram.run(arguments: arguments) == 2)
    }

    @Test(arguments: [["--help"], ["--version"], ["help", "apply"], ["show", "--help"]])
    func `help and version end with status 0`(_ arguments: [String]) async {
        #expect(await AsBuiltProgram.run(arguments: arguments) == 0)
    }
}
