import CLibFuzzer
import Glibc

/// What fuzz programs share; see `Scripts/fuzz`.
package enum FuzzChecks {
    // SAFETY: written once, before libFuzzer starts, and read only from its one thread.
    nonisolated(unsafe) private static var check: ([UInt8]) -> Void = { _ in }

    /// Hands control to libFuzzer and never comes back. `check` must return for every input: a trap, an endless loop or
    /// misused memory is a finding, and so is `expect` with a false condition.
    package static func run(_ check: @escaping ([UInt8]) -> Void) -> Never {
        self.check = check
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(LLVMFuzzerRunDriver(&count, &arguments) { FuzzChecks.input($0, $1) })
    }

    fileprivate static func input(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
        check(Array(UnsafeBufferPointer(start: bytes, count: size)))
        return 0
    }

    /// Something that must hold for every input: stops the program when it does not, which libFuzzer reports with the
    /// input that did it.
    package static func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
        if !condition { fatalError("fuzz: \(what())") }
    }
}

/// libFuzzer's own `main` is linked in as well and wants this name.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> CInt { FuzzChecks.input(bytes, size) }
