package io.jukung.runtime.doctor;

import io.jukung.linux.probe.KernelFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether the kernel can do what jukung needs. */
final class KernelCheck implements Check {
  private static final String NAME = "kernel";

  private final HostView host;

  KernelCheck(HostView host) {
    this.host = host;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    for (KernelFeature feature : KernelFeature.values()) {
      host.missing(feature)
          .ifPresent(
              why ->
                  findings.add(
                      feature.isRequired()
                          ? Finding.problem(
                              NAME,
                              why,
                              "Boot a kernel that has the feature, or allow the feature where a"
                                  + " sandbox around jukung forbids it.")
                          : Finding.warning(
                              NAME, why, "A newer kernel makes images with many layers work.")));
    }
    if (findings.isEmpty()) {
      findings.add(Finding.ok(NAME, "all " + KernelFeature.values().length + " features work"));
    }
    Optional<String> erofs = host.missingFilesystem("erofs");
    findings.add(
        erofs.isEmpty()
            ? Finding.ok("erofs", "layers can be EROFS images")
            : Finding.warning(
                "erofs",
                "layers are directories, because EROFS cannot be mounted: " + erofs.get(),
                "Pulls are faster with Linux 6.12 or newer and its module erofs; nothing else"
                    + " changes."));
    return findings;
  }
}
