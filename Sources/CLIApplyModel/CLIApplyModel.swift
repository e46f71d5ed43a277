package import CLIConfiguration

/// What a device of a dialect would hold after commands were typed.
///
/// Works line by line with a mode, as a device does, on the dialect's rules alone: nothing of the differ is used, so
/// that a mistake there shows here.
package enum CLIApplyModel {
    /// A line that would not do what it says.
    package struct Refusal: Equatable, Sendable {
        /// Position in the list of commands, from 0.
        package var index: Int
        package var line: String
        package var reason: String
    }

    /// What came of typing.
    package struct Outcome: Sendable {
        package var tree: CLITree
        /// Lines a device would answer with an error.
        package var refused: [Refusal]
        /// Lines that changed nothing: what they set was there, what they remove was not.
        package var withoutEffect: [Int]
    }

    /// Types lines in configuration mode, one after another.
    package static func applying(_ commands: [String], to tree: CLITree) -> Outcome {
        if tree.dialect.syntax == .paths { return PathDevice.typing(commands, into: tree) }
        var device = ModelDevice(tree)
        for (index, line) in commands.enumerated() { device.type(line, index: index) }
        return Outcome(
            tree: CLITree(parsing: device.printed, file: "after \(tree.file)", dialect: tree.dialect),
            refused: device.refused, withoutEffect: device.withoutEffect)
    }

    /// Types commands of a remediation.
    package static func applying(_ commands: [CLICommand], to tree: CLITree) -> Outcome {
        applying(commands.map(\.text), to: tree)
    }
}
