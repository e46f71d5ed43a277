package import ArgumentParser
internal import ChangeWorkflow
internal import Foundation

/// The `asbuilt` command line.
package struct AsBuiltProgram: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "asbuilt",
        abstract: "Carries out approved network changes and proves what was built.",
        discussion: """
            An engagement goes from requirements to the signed as-built record: init, check, approve spec, assess, plan, approve \
            design, apply, close, verify. Devices are reached over the CLI (frr, cisco_ios) and NETCONF (any server). \
            See it work on a simulated network: make demo.

            Every command takes --format text|json|jsonl and -C DIR. Exit status: 0 done, 1 differences or failed checks, 2 wrong usage \
            or invalid files, 3 refused, 4 could not be done, 5 unsettled, 70 a bug of ours.
            """,
        version: ProgramVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Engagements",
                subcommands: [
                    InitCommand.self, CheckCommand.self, RenderCommand.self, AssessCommand.self, PlanCommand.self, ShowCommand.self, StatusCommand.self,
                    ApproveCommand.self, ApplyCommand.self, ResumeCommand.self, AbortCommand.self, RollbackCommand.self, CloseCommand.self, VerifyCommand.self,
                    BaselineCommand.self, AmendCommand.self,
                ]),
            CommandGroup(name: "Configurations", subcommands: [DiffCommand.self, RemediateCommand.self, ParseCommand.self]),
            CommandGroup(name: "Lab", subcommands: [LabCommand.self]),
            CommandGroup(name: "Site", subcommands: [ComplianceCommand.self, InventoryCommand.self, HostKeysCommand.self, TrustCommand.self, SchemaCommand.self]),
        ])

    package init() {}

    /// Runs the command line and returns the exit status of DESIGN §11.
    package static func run(arguments: [String]) async -> Int32 {
        InternalTask.runIfAsked(arguments)
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let exit as CommandExit {
            return exit.status.rawValue
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                CommandOutput.put(message)
                return 0
            }
            FileHandle.standardError.write(Data((message + "\n").utf8))
            // ArgumentParser says 64 for wrong usage; ours is 2.
            return code.rawValue == 64 ? 2 : 70
        }
    }
}
