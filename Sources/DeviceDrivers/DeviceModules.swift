/// YANG modules that a device gave of itself. Text of a stranger's: only looked at in a process of its own.
package struct DeviceModules: Equatable, Sendable {
    package struct Module: Equatable, Sendable {
        package var name: String
        /// Empty when the device did not say.
        package var revision: String
        package var text: String
        package init(name: String, revision: String, text: String) {
            (self.name, self.revision, self.text) = (name, revision, text)
        }
    }
    /// Sorted by name.
    package var modules: [Module]
    /// What could not be had, in sentences.
    package var problems: [String]
    package init(modules: [Module], problems: [String]) { (self.modules, self.problems) = (modules, problems) }

    /// Most modules that one device is asked for, and most text of them together.
    package static let maximumModules = 400
    package static let maximumBytes = 64 << 20
}

extension DeviceSession {
    /// Nothing, where a device has no models to give.
    package func modules(of namespaces: Set<String>, deadline: ContinuousClock.Instant) async throws(DriverError)
        -> DeviceModules?
    { nil }
}
