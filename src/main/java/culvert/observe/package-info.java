/** What an operator sees: log lines and counters. */
package culvert.observe;
