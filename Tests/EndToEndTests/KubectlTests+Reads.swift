// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import TestSupport
internal import Testing

@Suite("What kubectl reads, on the sandbox", .serialized, .enabled(if: Kubectl.isThere, Kubectl.hint))
struct KubectlReadTests {
    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
          scope: Namespaced
          versions:
          - name: v1
            served: true
            storage: true
            additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    required: [size]
                    properties: {size: {type: integer, description: How large.}}

        """

    @Test("explain, api-resources, api-versions and validation, of built-in and of custom kinds")
    func schemas() async throws {
        let sandbox = try await SandboxProcess()
        let containers = try await sandbox.run("explain deployment.spec.template.spec.containers --recursive")
        #expect(containers.hasPrefix("GROUP:      apps\nKIND:       Deployment\nVERSION:    v1\n"))
        #expect(containers.contains("FIELD: containers <[]Container>"))
        #expect(
            containers.contains("\n      configMapKeyRef\t<ConfigMapKeySelector>\n        key\t<string> -required-\n"))
        let scaling = try await sandbox.run("explain hpa.spec --api-version=autoscaling/v1")
        #expect(scaling.contains("  targetCPUUtilizationPercentage\t<integer>"))
        let old = try await sandbox.run("explain deployment.spec.strategy --recursive --output=plaintext-openapiv2")
        #expect(old.contains("RESOURCE: strategy <Object>"))
        #expect(
            old.hasSuffix(
                "FIELDS:\n   rollingUpdate\t<Object>\n      maxSurge\t<string>\n      maxUnavailable\t<string>\n   type\t<string>\n"
            ))
        #expect(try await sandbox.refuse("explain pod.spec.nothing").contains("field \"nothing\" does not exist"))

        let file = try sandbox.directory.write(Self.definition, to: "definition.yaml")
        try await sandbox.run("apply -f \(file)")
        try await sandbox.expect([
            (
                "wait --for=condition=Established crd/widgets.example.com --timeout=30s",
                "customresourcedefinition.apiextensions.k8s.io/widgets.example.com condition met"
            )
        ])
        let size = try await sandbox.run("explain widgets.spec")
        #expect(size.contains("  size\t<integer> -required-\n    How large."))
        let widget = try sandbox.directory.write(
            "{apiVersion: example.com/v1, kind: Widget, metadata: {name: small}, spec: {size: 3}}", to: "widget.yaml")
        try await sandbox.expect([("apply -f \(widget)", "widget.example.com/small created")])
        #expect(rows(try await sandbox.run("get wd")) == [["NAME", "SIZE"], ["small", "3"]])
        #expect(try await sandbox.run("describe widget small").contains("Spec:\n  Size:  3\n"))
        let wrong = try sandbox.directory.write(
            "{apiVersion: example.com/v1, kind: Widget, metadata: {name: wrong}, spec: {size: 3, sizes: 4}}",
            to: "wrong.yaml")
        #expect(
            try await sandbox.refuse("create -f \(wrong)").contains(
                "strict decoding error: unknown field \"spec.sizes\""))

        let versions = try await sandbox.run("api-versions")
        #expect(versions.split(separator: "\n").contains("example.com/v1"))
        let resources = rows(try await sandbox.run("api-resources"))
        #expect(resources.contains(["widgets", "wd", "example.com/v1", "true", "Widget"]))
        #expect(
            resources.contains(["horizontalpodautoscalers", "hpa", "autoscaling/v2", "true", "HorizontalPodAutoscaler"])
        )
    }

    @Test("get in its outputs, events, logs, and describe of each kind")
    func objects() async throws {
        let sandbox = try await SandboxProcess()
        try await sandbox.deployWeb(" --port=80")
        try await sandbox.run("expose deployment web --port=80")
        try await sandbox.run("create cronjob nightly --image=job:1 --schedule='0 3 * * *'")
        try await sandbox.run("create pdb some --selector=app=web --min-available=1")
        let all = rows(try await sandbox.run("get all"))
        #expect(all.contains { $0.first == "deployment.apps/web" && $0[1] == "2/2" })
        #expect(all.contains { $0.first == "service/web" } && all.contains { $0.first == "cronjob.batch/nightly" })
        try await sandbox.expect([
            ("get deployment,service -l app=web -o name", "deployment.apps/web\nservice/web"),
            ("get deployment web -o jsonpath={.spec.replicas}-{..image}{\"\\n\"}", "2-web:1"),
            ("get deployment -o custom-columns=N:.metadata.name,R:.spec.replicas --no-headers", "web   2"),
            ("get deployment web -o go-template={{.metadata.name}}{{\"\\n\"}}", "web"),
        ])
        let pods = rows(try await sandbox.run("get pods -A -o wide --sort-by=.metadata.name --show-labels"))
        #expect(pods.count == 3 && pods[0].starts(with: ["NAMESPACE", "NAME"]) && pods[0].last == "LABELS")
        #expect(pods[1][1] < pods[2][1] && pods[1].last?.hasPrefix("app=web,pod-template-hash=") == true)
        #expect(try await sandbox.refuse("get pods nope") == "Error from server (NotFound): pods \"nope\" not found\n")
        #expect(try await sandbox.refuse("get nothing").contains("the server doesn't have a resource type \"nothing\""))

        #expect(try await sandbox.run("events --for deployment/web").contains("ScalingReplicaSet"))
        #expect(try await sandbox.run("get events --field-selector reason=Scheduled").contains("Successfully assigned"))
        let logs = try await sandbox.run("logs -l app=web --all-containers --tail=1 --prefix")
        #expect(rows(logs).count == 2 && logs.contains("/web] sandbox: running"))
        let scale = rows(try await sandbox.run("get deployment web --subresource=scale"))
        #expect(scale[0] == ["NAME", "DESIRED", "AVAILABLE", "AGE"] && scale[1].starts(with: ["web", "2", "2"]))
        try await sandbox.run("run once --image=web:1")
        try await sandbox.run("wait pod/once --for=condition=Ready --timeout=30s")
        let follower = try sandbox.start("logs", "-f", "once")
        _ = try await follower.line(after: "sandbox: running", in: \.output)
        try await sandbox.run("delete pod once")
        #expect(try await follower.ended(within: .seconds(30)) == 0)
        #expect(follower.output.hasSuffix("sandbox: running\nsandbox: exited with code 0: Completed\n"))
        for (what, line) in [
            ("deployment web", "Replicas: 2 desired | 2 updated | 2 total | 2 available | 0 unavailable"),
            ("pod -l app=web", "Node: sandbox/"), ("replicaset -l app=web", "Replicas: 2 current / 2 desired"),
            ("service web", "TargetPort: 80/TCP"), ("cronjob nightly", "Schedule: 0 3 * * *"),
            ("pdb some", "Allowed disruptions: 1"), ("node sandbox", "Unschedulable: false"),
            ("namespace default", "Status: Active"), ("serviceaccount default", "Image pull secrets: <none>"),
        ] {
            let text = try await sandbox.run("describe \(what)")
            #expect(rows(text).contains { $0.joined(separator: " ").hasPrefix(line) }, "\(what)\n\(text)")
        }
    }

    @Test("cordon, drain within a budget, taint, and what needs running containers is refused clearly")
    func node() async throws {
        let sandbox = try await SandboxProcess()
        try await sandbox.deployWeb()
        try await sandbox.run("create pdb some --selector=app=web --min-available=2")
        try await sandbox.run("wait --for=jsonpath={.status.currentHealthy}=2 pdb/some --timeout=30s")
        try await sandbox.expect([
            ("taint nodes sandbox dedicated=web:NoExecute", "node/sandbox tainted"),
            ("taint nodes sandbox dedicated-", "node/sandbox untainted"),
            ("cordon sandbox", "node/sandbox cordoned"),
        ])
        #expect(rows(try await sandbox.run("get nodes"))[1].starts(with: ["sandbox", "Ready,SchedulingDisabled"]))
        let drain = try await sandbox.refuse("drain sandbox --timeout=1s")
        #expect(drain.contains("Cannot evict pod as it would violate the pod's disruption budget."))
        try await sandbox.run("delete pdb some")
        #expect(
            try await sandbox.run("drain sandbox --grace-period=1 --timeout=60s").hasSuffix("node/sandbox drained\n"))
        try await sandbox.expect([("uncordon sandbox", "node/sandbox uncordoned")])
        try await sandbox.rolloutOfWeb()

        for line in ["exec deployment/web -- ls", "port-forward deployment/web 0:80"] {
            #expect(try await sandbox.refuse(line).contains("the sandbox runs no containers"))
        }
        #expect(try await sandbox.refuse("top pods") == "error: Metrics API not available\n")
        let debug = try await sandbox.refuse(
            "debug \(try await sandbox.run("get pods -o name").prefix { $0 != "\n" }) --image=b")
        #expect(debug.contains("the sandbox runs no containers"))
        #expect(try await sandbox.run("get --raw /readyz") == "ok")
        #expect(try await sandbox.run("get --raw /livez?verbose").hasSuffix("livez check passed\n"))
        #expect(try await sandbox.run("version").contains("Server Version: v1.36."))
        #expect(try await sandbox.run("cluster-info").contains("Kubernetes control plane"))
    }
}
