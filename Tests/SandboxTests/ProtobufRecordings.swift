// SPDX-License-Identifier: Apache-2.0

/// What kubectl 1.37 sent for `kubectl create`, and what it prints of the same with `--dry-run=client -o json`.
struct Recording: Sendable {
    var base64: String
    var json: String

    static let all = [
        Recording(
            base64: """
                azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EsQBCiUKBmNhcHdlYhIAGgAiACoAMgA4AEIAWg0KA2FwcBIGY2Fwd2ViEowBCAIS\
                DwoNCgNhcHASBmNhcHdlYhpvCh8KABIAGgAiACoAMgA4AEIAWg0KA2FwcBIGY2Fwd2ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoA\
                EAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4\
                ABoAIgA=
                """,
            json: #"""
                {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "capweb", "labels": {"app":
                "capweb"}}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "capweb"}}, "template":
                {"metadata": {"labels": {"app": "capweb"}}, "spec": {"containers": [{"name": "nginx", "image": "nginx",
                "ports": [{"containerPort": 80}], "resources": {}}]}}, "strategy": {}}, "status": {}}
                """#),
        Recording(
            base64: """
                azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJkChQKBGNhcGkSABoAIgAqADIAOABCABJIEhIKDWEuZXhhbXBs\
                ZS5jb20SAXQaMgoNYS5leGFtcGxlLmNvbRIhCh8KHQoCL2ISDyINCgFzEggKBGh0dHAQABoGUHJlZml4GgIKABoAIgA=
                """,
            json: #"""
                {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "capi"}, "spec": {"tls":
                [{"hosts": ["a.example.com"], "secretName": "t"}], "rules": [{"host": "a.example.com", "http": {"paths":
                [{"path": "/b", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"name":
                "http"}}}}]}}]}, "status": {"loadBalancer": {}}}
                """#),
        Recording(
            base64: """
                azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI4ChQKBGNhcHESABoAIgAqADIAOABCABIeCg4KA2NwdRIHCgUxNTAwbQoMCgRwb2Rz\
                EgQKAjEwGgAaACIA
                """,
            json: #"""
                {"kind": "ResourceQuota", "apiVersion": "v1", "metadata": {"name": "capq"}, "spec": {"hard": {"cpu":
                "1500m", "pods": "10"}}, "status": {}}
                """#),
        Recording(
            base64: """
                azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSPQoUCgRjYXBwEgAaACIAKgAyADgAQgASGQoJCAEQABoDNTAl\
                EgwKCgoDYXBwEgN3ZWIaCggAGAAgACgAMAAaACIA
                """,
            json: #"""
                {"kind": "PodDisruptionBudget", "apiVersion": "policy/v1", "metadata": {"name": "capp"}, "spec":
                {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}}, "status": {"disruptionsAllowed":
                0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}}
                """#),
        Recording(
            base64: """
                azhzAAoMCgJ2MRIGU2VjcmV0EiAKFAoEY2FwcxIAGgAiACoAMgA4AEIAEgYKAWESAWIaABoAIgA=
                """,
            json: #"""
                {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "caps"}, "data": {"a": "Yg=="}}
                """#),
        Recording(
            base64: """
                azhzAAolChRzY2hlZHVsaW5nLms4cy5pby92MRINUHJpb3JpdHlDbGFzcxI7ChQKBGNhcGMSABoAIgAqADIAOABCABD7////////\
                //8BGAAiACoUUHJlZW1wdExvd2VyUHJpb3JpdHkaACIA
                """,
            json: #"""
                {"kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": {"name": "capc"}, "value":
                -5, "preemptionPolicy": "PreemptLowerPriority"}
                """#),
    ]
}
