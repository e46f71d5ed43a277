import Dispatch
import Foundation
import JinjaTemplates

/// What rendering costs: `asbuilt-conformance jinja-measure CASES [ROUNDS] [THREADS]`.
///
/// For each case of the file one line of JSON: seconds of CPU for a compilation, a render and a render with annotation (best of
/// five parts), seconds of CPU and of wall time for ROUNDS renders by one thread and shared by THREADS, and resident bytes
/// after a fifth of the renders and at the end.
enum JinjaMeasure {
    static func run(_ arguments: [String]) -> Int32 {
        guard let file = arguments.first, let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            FileHandle.standardError.write(
                Data("usage: asbuilt-conformance jinja-measure CASES [ROUNDS] [THREADS]\n".utf8))
            return 2
        }
        let rounds = arguments.count > 1 ? max(25, Int(arguments[1]) ?? 1000) : 1000
        let threads = arguments.count > 2 ? max(1, Int(arguments[2]) ?? 2) : 2
        for line in text.split(separator: "\n") {
            do {
                print(try measure(String(line), rounds, threads))
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                return 1
            }
        }
        return 0
    }

    /// CPU time of this process, user and system.
    private static func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
    private static func wallSeconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
    private static func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
    }

    private static func measure(_ line: String, _ rounds: Int, _ threads: Int) throws -> String {
        var runner = JinjaCaseRunner()
        let prepared = try runner.prepare(line)
        let compilations = 50
        var (compile, render) = (Double.infinity, Double.infinity)
        for _ in 0..<5 {
            let begin = cpuSeconds()
            for _ in 0..<compilations { _ = try prepared.compile() }
            compile = min(compile, (cpuSeconds() - begin) / Double(compilations))
        }
        let template = try prepared.compile()
        let bytes = try template.render(context: prepared.context).bytes.count
        var early = 0
        for part in 0..<5 {
            let begin = cpuSeconds()
            for _ in 0..<rounds / 5 { _ = try template.render(context: prepared.context) }
            render = min(render, (cpuSeconds() - begin) / Double(rounds / 5))
            if part == 0 { early = residentBytes() }
        }
        let late = residentBytes()
        var annotated = Double.infinity
        for _ in 0..<5 {
            let begin = cpuSeconds()
            for _ in 0..<rounds / 25 {
                _ = try template.render(context: prepared.context, options: RenderOptions(annotate: true))
            }
            annotated = min(annotated, (cpuSeconds() - begin) / Double(rounds / 25))
        }
        func shared(by threads: Int) -> (cpu: Double, wall: Double) {
            let (begin, cpu) = (wallSeconds(), cpuSeconds())
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                for _ in 0..<rounds / threads { _ = try? template.render(context: prepared.context) }
            }
            return (cpuSeconds() - cpu, wallSeconds() - begin)
        }
        let (one, many) = (shared(by: 1), shared(by: threads))
        return """
            {"compile":\(compile),"render":\(render),"annotated":\(annotated),"bytes":\(bytes),"cpu_one":\(one.cpu),\
            "wall_one":\(one.wall),"cpu_many":\(many.cpu),"wall_many":\(many.wall),"resident_early":\(early),"resident_late":\(late)}
            """
    }
}
