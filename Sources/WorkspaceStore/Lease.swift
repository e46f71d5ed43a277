/// The right of one executor to act on one thing (a device, a run) until it gives it back or loses it.
package struct Lease: Hashable, Sendable, Codable {
    /// `device/NAME` or `run/ID`.
    package var resource: String
    /// The run it was taken for.
    package var run: RunID?
    package var owner: LeaseOwner
    /// Rises with every grant of this resource and is never used twice: whoever shows an older one is fenced off.
    package var token: Int64
    package var until: UTCInstant

    package init(resource: String, run: RunID?, owner: LeaseOwner, token: Int64, until: UTCInstant) {
        self.resource = resource
        self.run = run
        self.owner = owner
        self.token = token
        self.until = until
    }

    /// The resource that stands for one device.
    package static func resource(device: String) -> String { "device/\(device)" }
    /// The resource that stands for carrying on one run.
    package static func resource(run: RunID) -> String { "run/\(run)" }
}

/// The process that holds a lease, told apart from a later one with the same number.
package struct LeaseOwner: Hashable, Sendable, Codable, CustomStringConvertible {
    package var host: String
    /// Changes with every start of the host; empty when unknown.
    package var bootID: String
    package var process: Int32
    /// Start of the process in clock ticks since the host started; 0 when unknown.
    package var processStart: UInt64

    package init(host: String, bootID: String, process: Int32, processStart: UInt64) {
        self.host = host
        self.bootID = bootID
        self.process = process
        self.processStart = processStart
    }

    package var description: String { "process \(process) on \(host)" }
}
