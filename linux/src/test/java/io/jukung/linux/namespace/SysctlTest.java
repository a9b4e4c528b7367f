package io.jukung.linux.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SysctlTest {
  @ParameterizedTest
  @CsvSource({
    "net.ipv4.ip_forward, NETWORK",
    "net/ipv4/ip_forward, NETWORK",
    "net.ipv4.conf.eth0/100.rp_filter, NETWORK",
    "net/ipv4/conf/eth0.100/rp_filter, NETWORK",
    "net.core.somaxconn, NETWORK",
    "kernel.shmmax, IPC",
    "kernel.shm_rmid_forced, IPC",
    "kernel.msgmnb, IPC",
    "kernel.sem, IPC",
    "fs.mqueue.msg_max, IPC",
  })
  void belongsToTheNamespaceThatKeepsIt(String name, Namespace namespace) {
    assertThat(new Sysctl(name, "1").namespace()).isEqualTo(namespace);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kernel.core_pattern",
        "kernel.hostname",
        "kernel.shmx",
        "kernel.sem.x",
        "vm.overcommit_memory",
        "fs.file-max",
        "fs.mqueue",
        "network.x",
        "netx",
      })
  void parametersOfTheHostAreRefused(String name) {
    assertThatThrownBy(() -> new Sysctl(name, "1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "net",
        "net.",
        ".net.x",
        "net..x",
        "net./..x",
        "net/../kernel/core_pattern",
        "net/./x",
        "../net/x",
        "/net/x",
        "net/x/",
        "net.//.//.kernel.core_pattern",
        "net.ipv4.x y",
        "net.ipv4.x=1",
        "net.ipv4.x+y",
        "net.ipv4.x\ny",
        "net.ipv4.x\u0000",
        "net.ipv4.é",
      })
  void malformedNamesAreRefused(String name) {
    assertThatThrownBy(() -> new Sysctl(name, "1")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1\n2", "1=2", "1+kernel.core_pattern", "\u0000", "1\r", "\u007f"})
  void valuesThatAnotherProgramCouldSplitAreRefused(String value) {
    assertThatThrownBy(() -> new Sysctl("net.ipv4.ip_forward", value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("net.ipv4.ip_forward")
        .hasMessageNotContaining("\n");
  }

  @Test
  void valuesWithSeveralNumbersAreAccepted() {
    assertThat(new Sysctl("kernel.sem", "250\t32000 100 128").value())
        .isEqualTo("250\t32000 100 128");
  }

  @ParameterizedTest
  @CsvSource({
    "net.ipv4.conf.eth0.rp_filter, true",
    "net.ipv6.conf.eth0/7.forwarding, true",
    "net.ipv4.neigh.eth0.gc_stale_time, true",
    "net.ipv4.conf.all.rp_filter, false",
    "net.ipv4.conf.default.rp_filter, false",
    "net.ipv4.conf.lo.rp_filter, false",
    "net.ipv4.neigh.default.gc_thresh1, false",
    "net.ipv4.conf.alleth.rp_filter, true",
    "net.ipv4.ip_forward, false",
  })
  void parametersOfOneInterfaceAreRecognised(String name, boolean ofInterface) {
    assertThat(new Sysctl(name, "1").isOfInterface()).isEqualTo(ofInterface);
  }
}
