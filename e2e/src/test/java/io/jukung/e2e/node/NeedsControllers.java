package io.jukung.e2e.node;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Takes a cgroup v2 hierarchy that has cpu, io, memory and pids: runs in the test node, e2e/node,
 * and not on this machine.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("test-node")
@Tag("controllers")
public @interface NeedsControllers {}
