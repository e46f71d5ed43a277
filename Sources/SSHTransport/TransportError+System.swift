import ByteTransport
import Glibc

extension TransportError {
    /// A failed system call of ours, not about a particular peer.
    static func system(_ what: String, _ code: Int32) -> TransportError {
        TransportError(
            .limitExceeded, what: "cannot \(what): \(systemText(code))",
            remedy: "check the limits of open files and threads (ulimit -n, ulimit -u)")
    }

    /// A failed connection attempt, told apart by the system's reason.
    static func connecting(_ code: Int32, to address: String) -> TransportError {
        switch code {
        case ECONNREFUSED:
            TransportError(
                .refused, what: "\(address) refused the connection", location: address,
                remedy: "check the port and that SSH is enabled on the device")
        case ETIMEDOUT:
            TransportError(
                .timedOut, what: "\(address) did not answer (the system gave up)", location: address,
                remedy: "check that the device is up and that no filter drops the packets")
        case EMFILE, ENFILE, ENOBUFS, EADDRNOTAVAIL:
            TransportError(
                .limitExceeded, what: "cannot connect to \(address): \(systemText(code))", location: address,
                remedy: "raise the limit of open files (ulimit -n) or lower the number of parallel devices")
        default:
            TransportError(
                .unreachable, what: "\(address) cannot be reached: \(systemText(code))", location: address,
                remedy: "check the address and the route to it")
        }
    }

    static func systemText(_ code: Int32) -> String { "\(String(cString: strerror(code))) (errno \(code))" }
}
