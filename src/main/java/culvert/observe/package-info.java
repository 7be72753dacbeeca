/** Log lines and counters for operators. */
package culvert.observe;
