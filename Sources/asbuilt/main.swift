import AsBuiltCommands
import Foundation

exit(await AsBuiltProgram.run(arguments: Array(CommandLine.arguments.dropFirst())))
