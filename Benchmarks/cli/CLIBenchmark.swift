import CLIConfiguration
import Diagnostics
import Glibc

/// How long, in CPU time, two configurations take: parse both, compare, work out the commands.
///
///     cli-benchmark PLATFORM RUNNING INTENDED [REPETITIONS]     both are files
@main struct CLIBenchmark {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        let words = Array(arguments)
        guard words.count >= 3, let dialect = CLIDialect.named(words[0]), let running = bytes(of: words[1]),
            let intended = bytes(of: words[2])
        else {
            print("usage: cli-benchmark PLATFORM RUNNING INTENDED [REPETITIONS]")
            exit(2)
        }
        var best = Double.infinity
        var (commands, differences) = (0, 0)
        for _ in 0..<max(1, words.count > 3 ? Int(words[3]) ?? 1 : 1) {
            let begin = seconds()
            let change = CLIRemediation(
                from: CLITree(parsing: running, dialect: dialect),
                to: [(CLITree(parsing: intended, dialect: dialect), .replace)], secrets: .shown)
            differences = change.diff.changes.count
            commands = change.forward.count
            best = min(best, seconds() - begin)
        }
        print("{\"seconds\":\(best),\"commands\":\(commands),\"differences\":\(differences)}")
    }

    private static func bytes(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { result += piece[..<count] }
        return result
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
