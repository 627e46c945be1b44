// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("What a controller is refused")
struct RefusedCreationTests {
    private static let core = "/api/v1/namespaces/default"

    /// Wants an object that the server refuses, for each ConfigMap named `owner`.
    private struct Refused: SandboxController {
        let name = "refused-controller"

        func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
            object.name == "owner" ? [object.objectID] : []
        }

        func reconcile(
            _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp,
            random: inout any RandomNumberGenerator
        ) -> ControllerResult {
            guard let owner = cluster.object(key) else { return ControllerResult() }
            return ControllerResult(changes: [
                .create([
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": [
                        "name": "Not_A_Name", "namespace": "default", "ownerReferences": [owner.asController],
                    ],
                ])
            ])
        }
    }

    @Test("It is told to the owner, and tried again later and later")
    func refusedCreation() async throws {
        let cluster = TestCluster(controllers: [Refused()])
        await cluster.send(
            "POST", "\(Self.core)/configmaps",
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "owner"]])
        await cluster.run(seconds: 20)
        let events = await cluster.list("\(Self.core)/events")
        let event = try #require(events.first)
        #expect(events.count == 1 && event["reason"] == "FailedCreate" && event["type"] == "Warning")
        #expect(event["message"]?.string?.hasPrefix("Error creating: ConfigMap \"Not_A_Name\" is invalid") == true)
        // At once, and after 1, 2, 4 and 8 seconds more.
        #expect(event["count"] == 5)
    }
}
