import ChangeExecution
import ChangeWorkflow
import Diagnostics
import Foundation
import LabDevices
import LabServer
import Synchronization
import TestSupport
import Testing

/// Sessions that break, and devices that reboot, between arming and the decision.
@Suite(.serialized) struct `Inside the confirm window` {
    private static let devices = ["ams-edge-1", "ams-core-1"]

    /// Applies, and does `harm` to the lab once `device` is armed.
    private func apply(_ site: LabSite, whenArmed device: String, _ harm: @escaping @Sendable () -> Void) async throws
        -> WorkflowAnswer
    {
        let isDone = Mutex(false)
        return try await site.workflow().apply(
            engagement: nil, as: "exec1@example.net", keyFile: site.worked.key("exec1"),
            report: { step in
                guard step.status == .armed, step.device == device,
                    !isDone.withLock({
                        let was = $0; $0 = true; return was
                    })
                else { return }
                harm()
            })
    }

    /// Every device kept the change or every device is back, as the devices themselves show.
    private func expectOneOutcome(
        _ site: LabSite, _ answer: WorkflowAnswer, sourceLocation: SourceLocation = #_sourceLocation
    )
        async throws
    {
        // What was to go wrong did go wrong.
        #expect(site.host.status().allSatisfy { $0.faults.isEmpty }, "\(answer.text)", sourceLocation: sourceLocation)
        let plan = try await site.workflow().plan(engagement: nil).text
        switch answer.status {
        case .done:
            #expect(
                plan.contains("nothing to do on any device"), "\(answer.text)\n\(plan)", sourceLocation: sourceLocation)
        case .notDone:
            #expect(
                plan.contains("the same bytes as approved"), "\(answer.text)\n\(plan)", sourceLocation: sourceLocation)
        default:
            Issue.record(
                "ended with \(answer.status): \(answer.text)\n\(answer.findings)", sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [("ams-core-1", "get*"), ("ams-edge-1", "show *")])
    func `a session that is lost once ends with one outcome everywhere`(_ device: String, _ pattern: String)
        async throws
    {
        let site = try await LabSite()
        try site.narrow(to: Self.devices)
        try await site.approveAll()
        let host = site.host
        let answer = try await apply(site, whenArmed: device) {
            host.add(LabFault(.dropAtLine(LinePattern(pattern), afterEffect: false)), to: device)
        }
        try await expectOneOutcome(site, answer)
    }

    @Test func `a NETCONF router that reboots after arming is back where it was, and so is the other`() async throws {
        let site = try await LabSite()
        try site.narrow(to: Self.devices)
        try await site.approveAll()
        let host = site.host
        let answer = try await apply(site, whenArmed: "ams-core-1") {
            host.add(LabFault(.rebootAtLine("get*")), to: "ams-core-1")
        }
        #expect(answer.status == .notDone, "\(answer.text)\n\(answer.findings)")
        try await expectOneOutcome(site, answer)
    }
}
