package io.jukung.runtime.service;

import io.jukung.cri.v1.CgroupDriver;
import io.jukung.cri.v1.LinuxRuntimeConfiguration;
import io.jukung.cri.v1.RuntimeConfigRequest;
import io.jukung.cri.v1.RuntimeConfigResponse;

/** How kubelet is to name cgroups: as paths. */
public final class RuntimeConfig {
  public RuntimeConfigResponse call(RuntimeConfigRequest request) {
    return RuntimeConfigResponse.newBuilder()
        .setLinux(LinuxRuntimeConfiguration.newBuilder().setCgroupDriver(CgroupDriver.CGROUPFS))
        .build();
  }
}
