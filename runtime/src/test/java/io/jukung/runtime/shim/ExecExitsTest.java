package io.jukung.runtime.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.shim.v1.Reply;
import io.jukung.shim.v1.Started;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ExecExitsTest {
  /** Its children lived on, in the cgroup of the container. */
  @Test
  void execThatStartedTooLateIsKilledWithItsChildren() throws Exception {
    Process late = new ProcessBuilder("setsid", "sh", "-c", "sleep 1000 & sleep 1000; :").start();
    List<ProcessHandle> children = late.descendants().toList();
    while (children.size() < 2) {
      TimeUnit.MILLISECONDS.sleep(10);
      children = late.descendants().toList();
    }
    ExecExits.killLate(
        Reply.newBuilder().setStarted(Started.newBuilder().setPid((int) late.pid())).build());
    late.waitFor();
    for (ProcessHandle child : children) {
      child.onExit().get();
    }
    assertThat(children).noneMatch(ProcessHandle::isAlive);
  }
}
