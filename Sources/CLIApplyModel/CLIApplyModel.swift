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
    ///
    /// A device knows which of its commands open a section; a dialect may not. `sections` are paths of lines
    /// that are known to open one, beside those the dialect knows and those that hold something already.
    ///
    /// Nor does the dialect say of every switch whether a device shows that it is off: `shownNegatives` are the places of
    /// negative lines that are known to be shown. `depths` says for how many sections each line is meant.
    package static func applying(
        _ commands: [String], to tree: CLITree, sections: Set<[String]> = [], shownNegatives: Set<Int> = [],
        depths: [Int] = []
    ) -> Outcome {
        switch tree.dialect.syntax {
        case .paths: return PathDevice.typing(commands, into: tree)
        case .menus: return MenuDevice.typing(commands, into: tree)
        case .indented: break
        }
        var device = ModelDevice(tree, sections: sections, shownNegatives: shownNegatives)
        for (index, line) in commands.enumerated() {
            device.type(line, index: index, depth: index < depths.count ? depths[index] : nil)
        }
        return Outcome(
            tree: CLITree(parsing: device.printed, file: "after \(tree.file)", dialect: tree.dialect),
            refused: device.refused, withoutEffect: device.withoutEffect)
    }

    /// Types commands of a remediation; what stands around a command is a section.
    package static func applying(_ commands: [CLICommand], to tree: CLITree) -> Outcome {
        var sections: Set<[String]> = []
        for command in commands where !command.path.isEmpty { sections.insert(command.path) }
        // A negative line that is set, not one that takes a line back, is content.
        let negatives = commands.indices.filter { index in
            commands[index].kind == .set && commands[index].text.hasPrefix(tree.dialect.negation + " ")
        }
        return applying(
            commands.map(\.text), to: tree, sections: sections, shownNegatives: Set(negatives),
            depths: commands.map(\.path.count))
    }

    /// The paths of lines that hold others.
    package static func sections(of tree: CLITree) -> Set<[String]> {
        var result: Set<[String]> = []
        func walk(_ node: CLINode, _ path: [String]) {
            for child in node.children where child.isSection {
                result.insert(path + [child.text])
                walk(child, path + [child.text])
            }
        }
        walk(tree.root, [])
        return result
    }
}
