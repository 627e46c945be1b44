// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox
