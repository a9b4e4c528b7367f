package io.jukung.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real processes. Needs root. */
@Timeout(60)
class ScopeHolderTest {
  @Test
  void holderEndsIfItsDaemonEndsBeforeItKeepsAScope() throws Exception {
    ScopeHolder holder = ScopeHolder.launch();
    ProcessHandle process = ProcessHandle.of(holder.pid()).orElseThrow();
    holder.release(); // closes what the kernel closes when a daemon ends
    process.onExit().get(30, TimeUnit.SECONDS);
  }

  @Test
  void holderThatKeepsAScopeOutlivesItsDaemon() throws Exception {
    ScopeHolder holder = ScopeHolder.launch();
    ProcessHandle process = ProcessHandle.of(holder.pid()).orElseThrow();
    holder.keep();
    holder.release();
    assertThatThrownBy(() -> process.onExit().get(1, TimeUnit.SECONDS))
        .isInstanceOf(TimeoutException.class);
    process.destroy(); // it obeys SIGTERM
    process.onExit().get(30, TimeUnit.SECONDS);
  }

  @Test
  void holderOfAScopeThatCannotBeStartedIsEnded() throws Exception {
    ScopeHolder holder = ScopeHolder.launch();
    ProcessHandle process = ProcessHandle.of(holder.pid()).orElseThrow();
    holder.end();
    assertThat(process.isAlive()).isFalse();
  }
}
