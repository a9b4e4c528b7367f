package io.jukung.runtime.service;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.cri.v1.LinuxRuntimeConfiguration;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.RuntimeConfigResponse;

/** RuntimeConfig: tells kubelet whether it has to name cgroups as paths or as slices. */
public final class RuntimeConfig {
  private final CgroupDriver driver;

  public RuntimeConfig(CgroupDriver driver) {
    this.driver = driver;
  }

  public RuntimeConfigResponse call(RuntimeConfigRequest request) {
    return RuntimeConfigResponse.newBuilder()
        .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(driver))
        .build();
  }
}
