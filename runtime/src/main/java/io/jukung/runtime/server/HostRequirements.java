package io.jukung.runtime.server;

import io.jukung.linux.probe.KernelFeature;
import io.jukung.linux.process.CurrentProcess;
import java.util.Arrays;
import java.util.List;

/** Checks what this host must offer, before the daemon changes anything. */
final class HostRequirements {
  private HostRequirements() {}

  static void check() throws StartupException {
    int uid = CurrentProcess.uid();
    check(uid, uid == 0 ? missingFeatures() : List.of());
  }

  static void check(int uid, List<String> missingFeatures) throws StartupException {
    if (uid != 0) {
      throw new StartupException("jukung serve must run as root, not as uid " + uid);
    }
    if (!missingFeatures.isEmpty()) {
      throw new StartupException(
          "this kernel cannot run jukung: " + String.join("; ", missingFeatures));
    }
  }

  private static List<String> missingFeatures() {
    return Arrays.stream(KernelFeature.values())
        .filter(KernelFeature::isRequired)
        .flatMap(feature -> feature.missing().stream())
        .toList();
  }
}
